import type { Terminal } from './terminal.ts';

/**
 * The one way to change something. A dry run prints the plan, as a command or statement that a person could run,
 * and leaves the action out.
 */
export interface Actor {
  readonly dryRun: boolean;
  /** Resolves to what the action gave, or to undefined in a dry run. */
  readonly act: <T>(plan: string, action: () => Promise<T>) => Promise<T | undefined>;
}

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
