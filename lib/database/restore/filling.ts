import type { Client } from 'pg';
import type { Judge } from './judge.ts';

/** How a restore continues when a statement fails. */
export interface Filling {
  /** What makesafe has already created. */
  readonly made?: Made;
  /** Is called with each statement that failed; throws if the failure matters. */
  readonly judge: Judge;
  /** For a sealed backup of this environment: a session with our own rights, for what only a superuser may define. */
  readonly ours?: Ours | undefined;
  /** Whether an entry is restored in this pass. */
  readonly only?: (entry: number) => boolean;
}

export interface Ours {
  readonly client: Client;
  /** The file's role, which becomes the owner of what it can own. */
  readonly cage: string | undefined;
}

/** What makesafe itself has created before the file. */
export interface Made {
  readonly extensions: ReadonlySet<string>;
  readonly schemas: ReadonlySet<string>;
  /** Extensions that can only be created when the database has its final name. */
  readonly later: ReadonlySet<string>;
}
export const NOTHING_MADE: Made = { extensions: new Set(), schemas: new Set(), later: new Set() };
