import type { Client } from 'pg';
import { UnreachableError } from '../../errors.ts';
import { isCancelled } from '../../system/cancelling.ts';
import { LIMITS } from '../../system/limits.ts';

/**
 * A commit that a synchronous standby has to confirm waits until it does, for ever if it has to. It is done on the primary
 * by then: other sessions see it as soon as nobody waits any more, and the standby gets it when it is there again.
 *
 * @see https://www.postgresql.org/docs/current/warm-standby.html#SYNCHRONOUS-REPLICATION
 */

/** No standby has confirmed a commit, and nobody waits for it any more. */
class UnconfirmedError extends UnreachableError {}

/** What a person can do about it. */
export const HAVE_IT_CONFIRMED =
  'have a standby answer (pg_stat_replication lists those that are there), or change synchronous_standby_names';

let error: UnconfirmedError | undefined;

/** That a commit is not confirmed; undefined if none is known that is not. */
export const unconfirmed = (): UnreachableError | undefined => error;

/** Gives up, for all sessions of this process. @param names synchronous_standby_names */
export const giveUpOn = (names: string): UnreachableError =>
  (error ??= new UnconfirmedError(
    `no standby has confirmed a commit within ${LIMITS.standby.seconds} s (standbyWait; synchronous_standby_names is ${names})`,
    { hint: `${HAVE_IT_CONFIRMED}, then type this again` },
  ));

/** Hears it if Ctrl-C has ended the wait of a session: the statement is done then, and the server sends a warning. */
export function noticeUnconfirmed(client: Client): void {
  client.on('notice', ({ routine }) => {
    if (routine === 'SyncRepWaitForLSN') error ??= new UnconfirmedError('no standby has confirmed it');
  });
}

/** Clients that wait for no standby. */
const local = new WeakSet<Client>();

/**
 * What is put back or finished after a limit or Ctrl-C must not wait as well. The setting is sent before the next query, in
 * front of which it waits in the client's own queue.
 *
 * @param plain the client's `query`
 */
export function waitNoMore(client: Client, plain: (sql: string) => unknown): void {
  if (local.has(client) || !(isCancelled() || error)) return;
  local.add(client);
  // In a transaction that has failed it is refused: then it is sent again.
  void Promise.resolve(plain('SET synchronous_commit TO local')).catch(() => local.delete(client));
}
