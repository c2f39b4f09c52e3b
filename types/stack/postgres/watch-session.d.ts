import type { Duplex } from 'node:stream';
import type { Client } from 'pg';
/** Has a question answered on a session of its own. @throws UnreachableError when the server is not there */
export type AskElsewhere = <T>(question: (client: Client) => Promise<T>) => Promise<T>;
interface Activity {
  readonly state: string | null;
  readonly event: string | null;
}
/**
 * Watches a session that waits for an answer, which may take hours. What the server knows of it is asked on another one:
 * while it works for us there, we wait; when it has answered long since, or is not there, the connection is cut, and
 * whoever waits hears why.
 */
export declare function watchSession(client: Client, connection: Duplex, elsewhere: AskElsewhere): void;
/**
 * Whether the server does nothing for a session that we wait for.
 *
 * https://www.postgresql.org/docs/current/monitoring-stats.html#WAIT-EVENT-CLIENT-TABLE
 *
 * @param activity undefined where it has no such session
 * @param sending whether we have something for it that is not taken
 */
export declare function isForgotten(activity: Activity | undefined, sending: boolean): boolean;
export {};
