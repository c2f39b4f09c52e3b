import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Client } from 'pg';
import { whileWaitingFor } from '../../output/waiting.ts';
import { printable } from '../../output/printable.ts';
import { LIMITS } from '../../system/limits.ts';
import { backendOf } from './backend.ts';
import { giveUpOn, noticeUnconfirmed, waitNoMore } from './confirmation.ts';
import type { AskElsewhere } from './watch-session.ts';

/** Our sessions, by the process IDs of their backends, or by application_name. */
export interface Waiting {
  readonly processes?: readonly number[];
  readonly application?: string;
}

/** A session of the server, and what it is doing. */
export interface ServerSession {
  /** 0 for a prepared transaction. */
  readonly pid: number;
  /** Null if the session has ended, or our role may not see it. */
  readonly user: string | null;
  readonly application: string | null;
  readonly state: string | null;
  /** Seconds since its transaction began. */
  readonly age: number | null;
  /** Its last statement. */
  readonly statement: string | null;
}

/**
 * The columns of a `ServerSession`.
 *
 * @param row the alias of pg_stat_activity
 * @param pid its process ID, for a session that may have ended
 */
export const aboutSessions = (row: string, pid = `${row}.pid`): string =>
  `${pid} AS pid, ${row}.usename::text AS "user", ${row}.application_name AS application, ${row}.state,
    extract(epoch FROM clock_timestamp() - ${row}.xact_start)::int AS age, left(${row}.query, 200) AS statement`;

/** https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SESSION */
const HOLDERS = `
  WITH ours AS (SELECT pid, usename FROM pg_stat_activity WHERE pid = ANY ($1::int[]) OR application_name = $2)
  SELECT DISTINCT ${aboutSessions('other', 'holder')}
  FROM ours, unnest(pg_blocking_pids(ours.pid)) AS holder
    LEFT JOIN pg_stat_activity AS other ON other.pid = holder
  WHERE holder NOT IN (SELECT pid FROM ours)
    -- The jobs of one restore have a role of their own, and wait for each other.
    AND NOT (ours.usename LIKE 'makesafe_cage_%' AND other.usename IS NOT DISTINCT FROM ours.usename)
  ORDER BY 1`;

/** https://www.postgresql.org/docs/current/warm-standby.html#SYNCHRONOUS-REPLICATION */
const SYNCHRONOUS = `
  SELECT pid, query_start::text AS since, current_setting('synchronous_standby_names') AS names FROM pg_stat_activity
  WHERE (pid = ANY ($1::int[]) OR application_name = $2) AND wait_event = 'SyncRep'`;

interface AwaitsStandby {
  readonly pid: number;
  /** When its statement began. */
  readonly since: string;
  /** synchronous_standby_names */
  readonly names: string;
}

/** What they wait for is committed. */
const END = 'SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid';

/** Milliseconds between two queries: while we wait for a lock, and at most while we do not. Each opens a session. */
const WHILE_WAITING = 1_000;
const AT_THE_MOST = 15_000;

/**
 * Makes a reason for `whileWaiting`: which sessions hold the locks that ours wait for, or which standby has to confirm
 * a commit. Undefined while ours wait for neither. Ends those that wait for a standby longer than LIMITS.standby.
 *
 * @param elsewhere asks on another session of the same server
 * @param waiting our sessions, read again for each query
 * @param onGivenUp called with the reason before they are ended
 */
export function holdersOf(
  elsewhere: AskElsewhere,
  waiting: () => Waiting,
  onGivenUp: (reason: Error) => void = () => {},
): () => Promise<string | undefined> {
  let said: string | undefined;
  let pause = WHILE_WAITING;
  let next = performance.now() + LIMITS.holders.seconds * 1000;
  const tooLong = waitsTooLong();
  return async () => {
    if (performance.now() < next) return said;
    pause = Math.min(pause * 2, AT_THE_MOST);
    next = performance.now() + pause;
    const { processes = [], application = null } = waiting();
    said = await elsewhere(async (client) => {
      const { rows } = await client.query<ServerSession>(HOLDERS, [processes, application]);
      if (rows.length > 0) return `a lock that ${rows.map(describeHolder).join(' and ')}`;
      const { rows: awaiting } = await client.query<AwaitsStandby>(SYNCHRONOUS, [processes, application]);
      const late = tooLong(awaiting, performance.now());
      if (late.length > 0) {
        onGivenUp(giveUpOn(late[0]!.names));
        await client.query(END, [late.map(({ pid }) => pid)]);
      }
      return awaiting[0] && describeStandby(awaiting[0]);
    });
    if (said !== undefined) next = performance.now() + (pause = WHILE_WAITING);
    return said;
  };
}

/** Finds, from one look to the next, the sessions that wait for a standby longer than LIMITS.standby with one statement. */
function waitsTooLong(): (awaiting: readonly AwaitsStandby[], now: number) => readonly AwaitsStandby[] {
  let first = new Map<string, number>();
  return (awaiting, now) => {
    const nameOfWait = ({ pid, since }: AwaitsStandby): string => `${pid} ${since}`;
    first = new Map(awaiting.map(nameOfWait).map((name) => [name, first.get(name) ?? now]));
    return awaiting.filter((one) => now - first.get(nameOfWait(one))! >= LIMITS.standby.seconds * 1000);
  };
}

/**
 * `psql of taro holds (process 4711 of the server, idle in transaction for 40 s, after LOCK TABLE t; SELECT
 * pg_terminate_backend(4711) ends it)`
 */
const describeHolder = (session: ServerSession): string =>
  session.pid === 0
    ? 'a prepared transaction holds (pg_prepared_xacts lists it)'
    : `${nameOf(session)} holds (${activityOf(session)}; ${ender(session.pid)} ends it)`;

const describeStandby = ({ names }: AwaitsStandby): string =>
  `a standby to confirm${Number.isFinite(LIMITS.standby.seconds) ? `, ${LIMITS.standby.seconds} s at most` : ''} (synchronous_standby_names is ${names}; pg_stat_replication lists those that are there)`;

/** `psql of taro (process 4711 of the server, idle in transaction for 40 s, after LOCK TABLE t)` */
export const describeSession = (session: ServerSession): string =>
  session.pid === 0
    ? 'a prepared transaction (pg_prepared_xacts lists it)'
    : `${nameOf(session)} (${activityOf(session)})`;

/** What a person types to end a session. */
export const ender = (pid: number): string => `SELECT pg_terminate_backend(${pid})`;

const nameOf = ({ application, user }: ServerSession): string =>
  `${application ? printable(application) : 'a session'}${user === null ? '' : ` of ${printable(user)}`}`;

function activityOf({ pid, state, age, statement }: ServerSession): string {
  const since = age === null ? '' : ` for ${age} s`;
  const after = statement ? `, ${state === 'active' ? 'at' : 'after'} ${briefly(statement)}` : '';
  return `process ${pid} of the server${state === null ? '' : `, ${state}${since}${after}`}`;
}

/** Characters of a statement to show. */
const BRIEF = 60;

/** Without string literals, because they may hold secrets. */
function briefly(statement: string): string {
  const plain = printable(statement.replaceAll(/\s+/g, ' ').trim()).replaceAll(
    /'(?:[^']|'')*(?:'|$)|\$(\w*)\$.*?(?:\$\1\$|$)/g,
    "'…'",
  );
  return plain.length > BRIEF ? `${plain.slice(0, BRIEF)}…` : plain;
}

/**
 * From now on, while a query of this client waits for a lock, the terminal says which session holds it. If it waits too long
 * for a standby, closes the connection: the query fails with the reason.
 */
export function sayHolders(client: Client, connection: Duplex, elsewhere: AskElsewhere): void {
  if (backendOf(client) === undefined) return;
  const saying = <T>(work: Promise<T>): Promise<T> =>
    whileWaitingFor(
      holdersOf(
        elsewhere,
        () => ({ processes: [backendOf(client)!] }),
        (reason) => connection.destroy(reason),
      ),
      work,
    );
  noticeUnconfirmed(client);
  const plain = client.query.bind(client) as (...args: unknown[]) => unknown;
  const query = (...args: unknown[]): unknown => {
    waitNoMore(client, plain);
    const answer = plain(...args);
    if (answer instanceof Promise) return saying(answer);
    if (answer instanceof EventEmitter) void saying(isOver(answer as EventEmitter));
    return answer;
  };
  Object.assign(client, { query });
}

/** When a query is over that is no promise: COPY as a stream, whose reader or writer hears of an error. */
const isOver = (query: EventEmitter): Promise<void> =>
  new Promise((resolve) => {
    for (const event of ['end', 'finish', 'close', 'error']) query.once(event, () => resolve());
  });
