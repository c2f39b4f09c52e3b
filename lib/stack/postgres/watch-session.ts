import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { FailedError, UnreachableError, messageOf } from '../../errors.ts';
import { watchSilence } from '../../system/attention.ts';
import { heard } from '../../system/cancelling.ts';
import { LIMITS } from '../../system/limits.ts';
import { backendOf } from './backend.ts';

/**
 * Runs `question` on another session, which it opens for it. @throws UnreachableError when the server does not answer
 */
export type AskElsewhere = <T>(question: (client: Client) => Promise<T>) => Promise<T>;

/** Milliseconds until a second query confirms the first: an answer may be on its way. */
const AGAIN = 1_000;

interface Activity {
  readonly state: string | null;
  readonly event: string | null;
}

/**
 * Watches a session that waits for an answer, which may take hours. While it is silent, asks the server on another
 * session what it does. While it works for us, we wait. If it has answered already or does not exist, or the server
 * does not answer, closes the connection: the waiting query fails with the reason.
 */
export function watchSession(client: Client, connection: Duplex, elsewhere: AskElsewhere): void {
  if (backendOf(client) === undefined) return;

  const isLost = async (): Promise<boolean> => {
    const rows = await elsewhere(async (other) => {
      const asked = `SELECT state, wait_event AS event FROM pg_catalog.pg_stat_activity WHERE pid = $1`;
      return (await other.query<Activity>(asked, [backendOf(client)])).rows;
    });
    return isForgotten(rows[0], connection.writableLength > 0);
  };
  const alive = async (): Promise<void> => {
    if ((client as Client & { readonly readyForQuery?: boolean }).readyForQuery === true) return;
    try {
      if (!(await isLost())) return;
      await sleep(AGAIN);
      if (!(await isLost())) return;
    } catch (error) {
      // A server that refuses a session is alive: for instance, it has no free connection.
      if (error instanceof FailedError) return;
      throw error instanceof UnreachableError ? error : new UnreachableError(gone(error), { cause: error });
    }
    throw new UnreachableError(gone('it carries nothing any more, and a new one does'), {
      hint: 'something on the way to the server has forgotten it; type this again',
    });
  };
  const watch = watchSilence({ alive, silence: LIMITS.sessionSilence.seconds }, (reason) =>
    connection.destroy(reason),
  );
  connection.on('data', () => (watch.heard(), heard())).once('close', watch.stop);
}

const gone = (why: unknown): string => `the connection to the database is lost: ${messageOf(why)}`;

/**
 * Whether the server does nothing for a session that we wait for.
 *
 * @see https://www.postgresql.org/docs/current/monitoring-stats.html#WAIT-EVENT-CLIENT-TABLE
 * @param activity undefined if the server has no such session
 * @param sending whether we have data for it that the connection has not taken
 */
export function isForgotten(activity: Activity | undefined, sending: boolean): boolean {
  if (!activity) return true;
  // The session of another role, or activity is not tracked: we cannot know.
  if (activity.state === null || activity.state === 'disabled') return false;
  if (activity.state.startsWith('idle')) return true;
  // We always read, so a server that waits until we read is cut off from us. If it waits for our data while we have
  // data to send, the data is stuck on the way.
  return activity.event === 'ClientWrite' || (activity.event === 'ClientRead' && sending);
}
