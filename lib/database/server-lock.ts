import type { Client } from 'pg';
import { FIRST_KEY, MIGRATING } from '../stack/postgres/advisory-keys.ts';
import { aboutSessions, describeSession, ender, type ServerSession } from '../stack/postgres/lock-wait.ts';

/** Who holds the lock, and what a person can do about it. */
export interface Busy {
  readonly holder: string;
  readonly remedy: string;
}

/** Says who we are, for a person who finds the lock taken. The server cuts a name that is too long. */
export const nameSession = async (client: Client, about: string): Promise<void> =>
  void (await client.query("SELECT set_config('application_name', $1, false)", [`makesafe ${about}`]));

/** A condition on a row of pg_locks: it is the lock on the database $2, with the first key $1. */
const IS_IT = `locktype = 'advisory' AND granted AND classid::int8 = $1 AND objid::int8 = hashtext($2)::int8 & 4294967295`;

/** Takes the advisory lock until the session ends. If another session has it, returns that session's description. */
export async function tryLock(client: Client, database: string): Promise<Busy | undefined> {
  const { rows } = await client.query<{ taken: boolean; holder: string | null }>(
    `SELECT pg_try_advisory_lock($1, hashtext($2)) AS taken,
       (SELECT string_agg(application_name, ', ') FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE ${IS_IT} AND pid <> pg_backend_pid()) AS holder`,
    [FIRST_KEY, database],
  );
  const { taken, holder } = rows[0]!;
  return taken ? undefined : { holder: (holder ?? 'somebody else').replace('makesafe ', ''), remedy: '' };
}

/** Whether the session of this client holds the lock. @throws an error of pg if the session was lost */
export async function holdsLock(client: Client, database: string): Promise<boolean> {
  const { rows } = await client.query<{ holds: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_locks WHERE ${IS_IT} AND pid = pg_backend_pid()) AS holds`,
    [FIRST_KEY, database],
  );
  return rows[0]!.holds;
}

const LAST_ALEMBIC_SESSIONS = `
  SELECT ${aboutSessions('a')} FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
  WHERE ${MIGRATING('l')} AND database = (SELECT oid FROM pg_database WHERE datname = $1) ORDER BY 1`;

/** Sessions of an Alembic whose makesafe was killed. While we hold the lock, no other makesafe starts one. */
export async function lastAlembic(client: Client, database: string): Promise<Busy | undefined> {
  const { rows } = await client.query<ServerSession>(LAST_ALEMBIC_SESSIONS, [database]);
  if (rows.length === 0) return undefined;
  return {
    holder: `the migration of a run that was killed: ${rows.map(describeSession).join(' and ')}`,
    remedy: `; or end it: ${rows.map(({ pid }) => ender(pid)).join('; ')}`,
  };
}
