import type { Client } from 'pg';
import type { AskElsewhere } from './watch-session.ts';
/** Sessions that do something for us: by their processes of the server, or by the name that a program gave itself. */
export interface Waiting {
  readonly processes?: readonly number[];
  readonly application?: string;
}
/** A session that holds a lock that one of ours waits for. */
export interface Holder {
  /** 0 for a prepared transaction. */
  readonly pid: number;
  /** Null where the session has ended, or tells us nothing. */
  readonly user: string | null;
  readonly application: string | null;
  readonly state: string | null;
  /** Seconds that its transaction is open. */
  readonly age: number | null;
  /** Its last statement. */
  readonly statement: string | null;
}
/**
 * A question for `whileWaiting`: which sessions hold the locks that ours wait for. Undefined while ours wait for none.
 *
 * @param elsewhere has the question answered on another session of the same server
 */
export declare function holdersOf(
  elsewhere: AskElsewhere,
  waiting: () => Waiting,
): () => Promise<string | undefined>;
/**
 * `psql of taro holds (process 4711 of the server, idle in transaction for 40 s, after LOCK TABLE t; SELECT
 * pg_terminate_backend(4711) ends it)`
 */
export declare function describeHolder({ pid, user, application, state, age, statement }: Holder): string;
/** From here on, who waits for an answer of the session hears whom the session itself waits for. */
export declare function sayHolders(client: Client, elsewhere: AskElsewhere): void;
/** Waits for work on a session whose answer is no promise of `query`, and says whom the session waits for. */
export declare const whileHeldUp: <T>(client: Client, work: Promise<T>) => Promise<T>;
/** What a pg_dump of this run calls itself at the server, so that it is found there. */
export declare const DUMPER: string;
/** Waits for a pg_dump, which locks what it reads, and says whom it waits for itself. */
export declare const whileDumping: <T>(elsewhere: AskElsewhere, dump: Promise<T>) => Promise<T>;
