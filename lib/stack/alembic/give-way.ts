import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, DatabaseError } from 'pg';
import { messageOf } from '../../errors.ts';
import { MIGRATING } from '../postgres/advisory-keys.ts';
import { aboutSessions, type ServerSession } from '../postgres/lock-wait.ts';
import type { AskElsewhere } from '../postgres/watch-session.ts';

/** A moment at which a migration was stopped, because others had waited for it for too long. */
export interface GaveWay {
  /** Sessions that had waited longer than the limit. */
  readonly waiters: number;
  /** Seconds that the first of them had waited. */
  readonly seconds: number;
  /** The session of the migration, with its statement. */
  readonly own: ServerSession;
  /** Sessions that the migration itself waited for; none if its own work took long. */
  readonly behind: readonly ServerSession[];
}

/** A run of Alembic, as far as it is known while it is under way. */
export interface UnderWay {
  /** The process IDs of its backends. */
  readonly sessions: readonly number[];
  /** Names of its version tables. Who waits for one migrates as well, and has to wait. */
  readonly versionTables: readonly string[];
}

/** What a run of Alembic met that gives way to others. */
export interface Others {
  /** Each time that it was stopped. */
  readonly gaveWay: readonly GaveWay[];
  /** Why makesafe could not stop it although others waited. */
  readonly powerless?: string;
}

/** insufficient_privilege: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const NOT_ALLOWED = '42501';

/** Milliseconds between two looks: others wait that much longer than the limit. */
const LOOK = 100;
/** Milliseconds that a stopped migration gets to roll back, before it is stopped again. */
const ROLLBACK = 1_000;
/** Milliseconds that a session that executes nothing is left alone: it may be between two statements. */
const BETWEEN = 500;

/**
 * How long a session has waited for a lock: `waitstart` from PostgreSQL 14 on. It is null for a moment after the wait
 * has begun. Before 14 the server does not tell; the statement's start is earlier, so the migration gives way earlier.
 *
 * @see https://www.postgresql.org/docs/current/view-pg-locks.html
 */
const WAITED = `extract(epoch FROM clock_timestamp() - CASE
  WHEN current_setting('server_version_num')::int < 140000 THEN a.query_start
  ELSE (to_jsonb(w) ->> 'waitstart')::timestamptz END)::float8`;

/** Who has waited longer than $2 seconds for one of the sessions $1. Only for those the server is asked who is in the way. */
const WAITERS = `
  WITH late AS MATERIALIZED (
    SELECT w.pid, ${WAITED} AS seconds FROM pg_locks AS w JOIN pg_stat_activity AS a USING (pid)
      LEFT JOIN pg_class AS c ON c.oid = w.relation
    WHERE NOT w.granted AND a.backend_type = 'client backend' AND a.pid <> ALL ($1::int[])
      AND ${WAITED} > $2::float8 AND NOT coalesce(c.relname = ANY ($3::name[]), false))
  SELECT ours AS pid, count(*)::int AS waiters, max(seconds) AS seconds
  FROM late, unnest(pg_blocking_pids(late.pid)) AS ours WHERE ours = ANY ($1::int[])
  GROUP BY ours ORDER BY waiters DESC`;

const OWN = `SELECT ${aboutSessions('a')}, extract(epoch FROM clock_timestamp() - a.state_change)::float8 * 1000 AS since
  FROM pg_stat_activity AS a WHERE a.pid = $1`;

const BEHIND = `SELECT DISTINCT ${aboutSessions('a', 'holder')}
  FROM unnest(pg_blocking_pids($1)) AS holder LEFT JOIN pg_stat_activity AS a ON a.pid = holder`;

/** Only a session that is marked as Alembic's in this database: its process ID may be another session's by now. */
const stop = (how: 'pg_cancel_backend' | 'pg_terminate_backend'): string => `
  SELECT ${how}(l.pid) AS stopped FROM pg_locks AS l WHERE l.pid = $1 AND ${MIGRATING('l')}
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/**
 * Watches a run of Alembic from a session of makesafe. If others wait for it longer than the limit, stops what it does:
 * cancels its statement, or ends a session that holds its locks and executes nothing, which the server cannot cancel.
 * Then the server rolls back, and the others go on.
 *
 * @param limit seconds
 * @param ask opens the session, on the database that is migrated
 * @param ended is aborted when Alembic has ended
 */
export async function watchOthers(
  limit: number,
  ask: AskElsewhere,
  watched: () => UnderWay,
  ended: AbortSignal,
): Promise<Others> {
  const gaveWay: GaveWay[] = [];
  const pause = (milliseconds: number): Promise<void> =>
    sleep(milliseconds, undefined, { signal: ended }).catch(() => {});
  while (!ended.aborted) {
    try {
      await ask(async (client) => {
        for (; !ended.aborted; await pause(LOOK)) {
          const stopped = await lookOnce(client, limit, watched());
          if (!stopped) continue;
          gaveWay.push(stopped);
          await pause(ROLLBACK);
        }
      });
    } catch (error) {
      // Its role is another one than ours.
      if ((error as Partial<DatabaseError>).code === NOT_ALLOWED)
        return { gaveWay, powerless: messageOf(error) };
      // Alembic says why the server cannot be reached. If only our session was lost, open another.
      await pause(ROLLBACK);
    }
  }
  return { gaveWay };
}

async function lookOnce(
  client: Client,
  limit: number,
  { sessions, versionTables }: UnderWay,
): Promise<GaveWay | undefined> {
  if (sessions.length === 0) return undefined;
  const { rows: waiting } = await client.query<{ pid: number; waiters: number; seconds: number }>(WAITERS, [
    sessions,
    limit,
    versionTables,
  ]);
  for (const { pid, waiters, seconds } of waiting) {
    const own = (await client.query<ServerSession & { since: number | null }>(OWN, [pid])).rows[0];
    const how = own && howToStop(own.state, own.since);
    if (!how) continue;
    const { rows: behind } = await client.query<ServerSession>(BEHIND, [pid]);
    const { rows } = await client.query<{ stopped: boolean }>(stop(how), [pid]);
    if (rows[0]?.stopped === true) return { waiters, seconds, own, behind };
  }
  return undefined;
}

/**
 * How to stop a session of Alembic that others wait for; undefined: look again.
 *
 * @param state null if our role may not see it
 * @param since milliseconds in this state
 */
export function howToStop(
  state: string | null,
  since: number | null,
): 'pg_cancel_backend' | 'pg_terminate_backend' | undefined {
  if (state === 'active' || since === null) return 'pg_cancel_backend';
  return since > BETWEEN ? 'pg_terminate_backend' : undefined;
}
