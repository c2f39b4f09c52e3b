import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { RefusedError, messageOf } from '../errors.ts';
import { display } from '../output/display.ts';
import { reasonOf, remedyOf } from '../system/reason.ts';
import { UnreadableError } from '../system/read-bounded.ts';
import { holderOf, releaseLock, takeLock } from '../system/lock.ts';
import type { Stack } from '../stack/stack.ts';
import type { StackRun } from '../run/run.ts';
import { person } from './record/person.ts';
import { maintenanceDatabase } from '../stack/postgres/maintenance-database.ts';

/** What a person reads who finds the lock taken: `db-reset-db-env by taro@vm7 since 14:03:07`. */
export const aboutLock = (task: string): string =>
  `${task} by ${person()}@${hostname()} since ${new Date().toTimeString().slice(0, 8)}`;

/** First key of the advisory lock, so that it does not clash with other programs' locks: the bytes of "safe". */
const KEY = 0x73616665;

/**
 * Allows only one destructive run at a time for an environment. Takes two locks, and both end with the process that
 * holds them: a lock file, for this clone of the project; and for other clones and machines an advisory lock on the
 * server. If the server is stopped, a lock on the container engine takes the place of the advisory lock.
 *
 * @param readable whether makesafe can log in to the server
 * @param about who takes the lock, for others to read
 * @throws RefusedError with the holder's name if the lock is taken, or if the lock file cannot be used
 */
export async function withGuardLock<T>(
  { root, environment, stack, actor }: StackRun,
  readable: boolean,
  about: string,
  work: () => Promise<T>,
): Promise<T> {
  const file = join(root, 'journal', `.${environment.name}.lock`);
  const busy = (holder: string, otherwise = ''): RefusedError =>
    new RefusedError(
      `refused; nothing was touched\nanother destructive run is at work on ${environment.name}: ${holder}`,
      { hint: `wait until it has ended, then type this again${otherwise}` },
    );
  const holder = orRefuse(file, () => (actor.dryRun ? holderOf(file) : takeLock(file, about)));
  if (holder) {
    const unseen = holder.host === hostname() ? '' : `; if ${holder.host} is gone for good: rm ${file}`;
    throw busy(`${holder.about} (process ${holder.pid})`, unseen);
  }
  if (actor.dryRun) return work();
  try {
    if (!readable) return await withEngineLock(stack, about, busy, work);
    const { name } = stack.database;
    // An advisory lock belongs to one database: take it in the maintenance database, which is not replaced.
    return await stack.withClient(maintenanceDatabase(name), async (client) => {
      const other = await tryLock(client, name, about);
      if (other !== undefined) throw busy(other);
      return work();
    });
  } finally {
    releaseLock(file);
  }
}

async function withEngineLock<T>(
  stack: Stack,
  about: string,
  busy: (holder: string) => RefusedError,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await stack.lock?.(about);
  if (lock && 'holder' in lock) throw busy(lock.holder);
  try {
    return await work();
  } finally {
    await lock?.release();
  }
}

/** Refuses if the lock file cannot be read (another run may hold it) or created (it would protect nothing). */
function orRefuse<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const isThere = error instanceof UnreadableError;
    throw new RefusedError(
      `refused; nothing was touched\n${isThere ? 'the lock cannot be read' : 'the lock cannot be taken'}: ${
        isThere ? messageOf(error) : `${file}: ${reasonOf(error)}`
      }`,
      {
        cause: error,
        hint: isThere
          ? `it should be a small file, or absent; if no other run is at work: ${display({ file: 'rm', args: ['-r', file] })}`
          : (remedyOf(error) ?? `ls -ld ${file}`),
      },
    );
  }
}

/** Takes the advisory lock until the session ends. If another session has it, returns that session's description. */
async function tryLock(client: Client, database: string, about: string): Promise<string | undefined> {
  // The server cuts a name that is too long.
  await client.query("SELECT set_config('application_name', $1, false)", [`makesafe ${about}`]);
  const { rows } = await client.query<{ taken: boolean; holder: string | null }>(
    `SELECT pg_try_advisory_lock($1, hashtext($2)) AS taken,
       (SELECT string_agg(application_name, ', ') FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE locktype = 'advisory' AND granted AND classid::int8 = $1 AND objid::int8 = hashtext($2)::int8 & 4294967295
          AND pid <> pg_backend_pid()) AS holder`,
    [KEY, database],
  );
  const { taken, holder } = rows[0]!;
  return taken ? undefined : (holder ?? 'somebody else').replace('makesafe ', '');
}
