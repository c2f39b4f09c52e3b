import type { Client } from 'pg';
import type { Actor } from '../output/actor.ts';
import { RefusedError } from '../errors.ts';
/** A database as it must be in a transaction of ours. */
export interface Known {
  /** Its name at that moment. */
  readonly name: string;
  readonly oid: string;
  /** Of the server's data directory; null where the role may not read it. */
  readonly systemIdentifier: string | null;
  /** All of its comment, the marker among it; left out where it does not matter. */
  readonly comment?: string | null;
}
/** Another database has the name by now. Nothing was changed in the transaction that found it. */
export declare class OtherDatabaseError extends RefusedError {}
interface Asserted {
  /** Before the first statement. */
  readonly before?: readonly Known[];
  /**
   * Behind the last one, which is what nobody can get between: what was renamed or altered is locked by then until the
   * transaction ends.
   */
  readonly after?: readonly Known[];
}
/**
 * Runs statements in one transaction, and only if they reach the databases that are known.
 *
 * @throws OtherDatabaseError when another one has a name; what the server says of a statement. Nothing is changed then
 */
export declare function assertedly(
  client: Client,
  { before, after }: Asserted,
  ...statements: string[]
): Promise<void>;
/** With whom databases are changed: a session beside them, and the server that it is on. */
export interface Hand {
  readonly client: Client;
  readonly actor: Actor;
  readonly systemIdentifier: string | null;
  /** Into a database of the same server. */
  readonly enter: <T>(database: string, work: (client: Client) => Promise<T>) => Promise<T>;
}
/** Changes databases that are known, through the actor; several statements are one transaction. */
export declare function change(
  { client, actor }: Hand,
  asserted: Asserted,
  ...statements: string[]
): Promise<void>;
/** Looks for it outside of a transaction, for what cannot run in one. @throws OtherDatabaseError */
export declare const assertKnown: (client: Client, ...known: Known[]) => Promise<void>;
export {};
