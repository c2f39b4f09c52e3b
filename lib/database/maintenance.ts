import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Client } from 'pg';
import { FailedError, RefusedError } from '../errors.ts';
import { whileWaitingFor } from '../output/waiting.ts';
import { LIMITS } from '../system/limits.ts';
import type { StackRun } from '../run/run.ts';
import { maintenanceDatabase } from '../stack/postgres/maintenance-database.ts';
import { onceItAnswers } from './once-it-answers.ts';
import { whilePrimary } from './while-primary.ts';

/** Seconds that the session of a killed run gets to end. */
const LAST_RUN_TIMEOUT = 15;
/** The same for our own session whose connection was lost. We terminate it, which can take long on a busy server. */
const OWN_TIMEOUT = 60;

/**
 * Runs `work` in a session on the maintenance database, with an advisory lock on the environment's database. If another
 * run holds the lock, or the session that a killed run left, waits for LAST_RUN_TIMEOUT. A dry run takes no lock.
 *
 * @param ended process id of our own lost session: it is terminated, and the wait is OWN_TIMEOUT
 * @throws RefusedError if the lock is still held after that; LostPrimaryError, see `whilePrimary`
 */
export async function withMaintenanceSession<T>(
  run: StackRun,
  work: (client: Client) => Promise<T>,
  ended?: number,
): Promise<T> {
  const { stack, actor } = run;
  const { name } = stack.database;
  const session = (): Promise<T> =>
    stack.withClient(maintenanceDatabase(name), async (client) => {
      if (!actor.dryRun) {
        await client.query(PREPARE, [`${LIMITS.lock.seconds}s`]);
        await lock(client, name, ended);
      }
      return work(client);
    });
  return whilePrimary(run, session);
}

/**
 * The server ends the statement of a client that is gone (client_connection_check_interval, PostgreSQL 14+), so the
 * session of a killed run does not continue.
 */
const PREPARE = `
  SELECT set_config(name, value, false)
  FROM pg_settings JOIN (VALUES ('lock_timeout', $1),
    ('client_connection_check_interval', '1s')) AS ours (parameter, value) ON parameter = name`;

const lock = (client: Client, name: string, ended: number | undefined): Promise<void> =>
  whileWaitingFor(
    async () => `another run on ${name} to end: ${await holder(client, name)}`,
    takeLock(client, name, ended),
  );

async function takeLock(client: Client, name: string, ended: number | undefined): Promise<void> {
  const key = `hashtextextended('makesafe ' || $1, 0)`;
  const deadline = performance.now() + (ended === undefined ? LAST_RUN_TIMEOUT : OWN_TIMEOUT) * 1000;
  for (;;) {
    // Our own session whose connection was lost: nobody reads its answers any more.
    if (ended !== undefined) {
      await client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND application_name = 'makesafe'`,
        [ended],
      );
    }
    const { rows } = await client.query<{ locked: boolean }>(
      `SELECT pg_try_advisory_lock(${key}) AS locked`,
      [name],
    );
    if (rows[0]!.locked) return;
    if (performance.now() > deadline)
      throw new RefusedError(
        `another reset or restore of ${name} is under way; wait for it: ${await holder(client, name)}`,
      );
    await sleep(50);
  }
}

/** Who holds the lock, by the application name that each run sets. */
async function holder(client: Client, name: string): Promise<string> {
  const { rows } = await client.query<{ who: string | null }>(
    `SELECT string_agg(format('%s (process %s of the server, user %s, since %s UTC)', application_name, pid, usename,
       to_char(backend_start, 'YYYY-MM-DD HH24:MI:SS')), ', ') AS who
     FROM pg_locks JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid() AND objsubid = 1
       AND (classid::int8 << 32 | objid::int8) = hashtextextended('makesafe ' || $1, 0)`,
    [name],
  );
  return rows[0]?.who ?? 'it has just ended';
}

/** Like `withMaintenanceSession`, but first waits for a server that does not answer, and for a cluster's new primary. */
export const withMaintenanceSessionOnceItAnswers = <T>(
  run: StackRun,
  work: (client: Client) => Promise<T>,
  ended?: number,
): Promise<T> => onceItAnswers(run, () => withMaintenanceSession(run, work, ended));

/**
 * While active, an abort of the run's signal cancels the query of session `pid`. Call the returned function to stop
 * this.
 */
export function cancelOn({ stack, signal }: StackRun, pid: number): () => Promise<void> {
  let cancelling: Promise<unknown> = Promise.resolve();
  const cancel = (): void => {
    cancelling = stack
      .withClient(maintenanceDatabase(stack.database.name), (client) =>
        client.query('SELECT pg_cancel_backend($1)', [pid]),
      )
      .catch(() => {});
  };
  signal.addEventListener('abort', cancel, { once: true });
  return async () => {
    signal.removeEventListener('abort', cancel);
    await cancelling;
  };
}

/** Something on the server blocks a change, and ends by itself. */
class HeldUpError extends FailedError {}

/**
 * Terminates all sessions of a closed database and waits until they are gone.
 *
 * @throws HeldUpError after LIMITS.sessionsEnd
 */
export async function endSessions(
  client: Client,
  { name, oid }: { readonly name: string; readonly oid: string },
  signal: AbortSignal,
): Promise<void> {
  let who = '';
  await whileWaitingFor(() => `sessions of ${name} to end: ${who}`, end());

  async function end(): Promise<void> {
    const deadline = performance.now() + LIMITS.sessionsEnd.seconds * 1000;
    for (;;) {
      // Autovacuum ends by itself when it is in the way, and only a superuser may terminate it.
      const { rows } = await client.query<{ pid: number; usename: string; application_name: string }>(
        `SELECT pid, usename, application_name, pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datid = $1 AND backend_type <> 'autovacuum worker'`,
        [oid],
      );
      if (rows.length === 0) return;
      who = rows.map((row) => `${row.usename} (${row.application_name}, pid ${row.pid})`).join(', ');
      if (performance.now() > deadline)
        throw new HeldUpError(
          `sessions of ${name} did not end within ${LIMITS.sessionsEnd.seconds} s: ${who}`,
        );
      signal.throwIfAborted();
      await sleep(20);
    }
  }
}

/**
 * lock_not_available, object_in_use, deadlock_detected; and internal_error, which two sessions get that change the same
 * catalog row at the same time: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const HELD_UP = /^(55P03|55006|40P01|XX000)$/;

/** Whether the error only says that others blocked the change. Nothing was changed then. */
export const isHeldUp = (error: unknown): boolean =>
  error instanceof HeldUpError || HELD_UP.test((error as Partial<pg.DatabaseError>).code ?? '');
