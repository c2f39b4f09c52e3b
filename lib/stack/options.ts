import type { Actor } from '../output/actor.ts';
import type { Terminal } from '../output/terminal.ts';

/** How a stack is opened. */
export interface StackOptions {
  /** The compose service that runs PostgreSQL. */
  readonly databaseService: string;
  /** Compose gets the configuration that this stack has read, not the files: they may have changed since. */
  readonly frozen: boolean;
  /** The compose projects of all environments in the registry: all other projects on the engine are not ours. */
  readonly projects: readonly string[];
  /** The alembic of this machine to use, for a stack without containers. */
  readonly alembic: string | undefined;
  readonly actor: Actor;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}
