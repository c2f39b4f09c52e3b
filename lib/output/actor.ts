import type { Terminal } from './terminal.ts';

/** Everything that changes something goes through `act`. A dry run only prints the command or statement. */
export interface Actor {
  readonly dryRun: boolean;
  /** Resolves to the result of the action, or to undefined in a dry run. */
  readonly act: <T>(plan: string, action: () => Promise<T>) => Promise<T | undefined>;
}

/** An actor that runs actions, or in a dry run only prints them. */
export function makeActor(dryRun: boolean, terminal: Terminal): Actor {
  return {
    dryRun,
    async act(plan, action) {
      if (!dryRun) return action();
      terminal.result(plan);
      return undefined;
    },
  };
}
