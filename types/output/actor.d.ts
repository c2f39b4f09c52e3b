import type { Terminal } from './terminal.ts';
/**
 * The one way to change something. A dry run prints the plan, as a command or statement that a person could run,
 * and leaves the deed out.
 */
export interface Actor {
  readonly dryRun: boolean;
  /** Resolves to what the deed gave, or to undefined in a dry run. */
  readonly act: <T>(plan: string, deed: () => Promise<T>) => Promise<T | undefined>;
}
export declare function makeActor(dryRun: boolean, terminal: Terminal): Actor;
