import type { Actor } from '../output/actor.ts';
import type { Terminal } from '../output/terminal.ts';
/** How a stack is opened. */
export interface StackOptions {
  /** The compose service that runs PostgreSQL. */
  readonly databaseService: string;
  /** Compose is given the configuration as this stack has read it, and not the files, which may have changed since. */
  readonly frozen: boolean;
  /** The compose projects of all environments of the registry: whatever else is on the engine is nobody's of ours. */
  readonly projects: readonly string[];
  /** An alembic of this machine, for a stack without containers. */
  readonly alembic: string | undefined;
  readonly actor: Actor;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}
