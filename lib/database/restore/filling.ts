import type { Client } from 'pg';
import type { Judge } from './judge.ts';

/** How a restore goes on where a statement fails. */
export interface Filling {
  /** What is there already. */
  readonly made?: Made;
  /** Is told of a statement that failed; throws where that matters. */
  readonly judge: Judge;
  /** At home: a session with our own rights, for what only a superuser may define. */
  readonly ours?: Ours | undefined;
  /** Whether an entry is wanted now. */
  readonly only?: (entry: number) => boolean;
}

export interface Ours {
  readonly client: Client;
  /** The role that the file has, which gets what it can own. */
  readonly cage: string | undefined;
}

/** What makesafe has made itself before. */
export interface Made {
  readonly extensions: ReadonlySet<string>;
  readonly schemas: ReadonlySet<string>;
  /** Extensions that can only be made when the database has its own name. */
  readonly later: ReadonlySet<string>;
}
export const NOTHING_MADE: Made = { extensions: new Set(), schemas: new Set(), later: new Set() };
