import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Actor } from '../act.ts';
import { FailedError, RefusedError, messageOf } from '../errors.ts';
import type { DestructiveRun } from '../task.ts';
import {
  createStatements,
  quoteName,
  quoteText,
  readAttributes,
  type DatabaseAttributes,
} from './attributes.ts';

/** Seconds that sessions get to end after they were told to. */
const SESSIONS_TIMEOUT = 10;

/**
 * `db-reset-db-env`: an empty database with the attributes of the old one is built aside, then both change places in
 * one transaction, so that clients that reconnect without pause meet the old one or the new one and nothing else.
 *
 * @throws FailedError · RefusedError; the old database is then as it was
 */
export async function resetDatabase(run: DestructiveRun): Promise<void> {
  const { stack, environment, terminal, actor, command } = run;
  const { name } = stack.database;
  await stack.withClient(maintenanceDatabase(name), (client) => replace(client, name, actor, run.signal));
  if (actor.dryRun) return;
  terminal.ok(`${environment.name}: database ${name} is new and empty, with the attributes of the old one`);
  terminal.next(command('al-up-env', { ENV: environment.name }));
}

/** What keeps a database from being dropped. Found before anything is touched, and all of it at once. */
const OBSTACLES = `
  SELECT 'prepared transaction ' || gid || ' is open' AS obstacle, 'COMMIT PREPARED or ROLLBACK PREPARED it' AS remedy
  FROM pg_prepared_xacts WHERE database = $1
  UNION ALL
  SELECT 'replication slot ' || slot_name || ' belongs to it', 'pg_drop_replication_slot() it when nobody needs it'
  FROM pg_replication_slots WHERE database = $1
  UNION ALL
  SELECT 'subscription ' || subname || ' is in it', 'DROP SUBSCRIPTION it'
  FROM pg_subscription JOIN pg_database ON pg_database.oid = subdbid WHERE datname = $1
  UNION ALL
  SELECT 'role ' || rolname || ' may not create databases', 'ALTER ROLE … CREATEDB'
  FROM pg_roles WHERE rolname = current_user AND NOT rolcreatedb AND NOT rolsuper
  UNION ALL
  SELECT 'role ' || current_user || ' does not own it', 'ALTER DATABASE … OWNER TO …'
  FROM pg_database WHERE datname = $1 AND NOT pg_has_role(datdba, 'USAGE')`;

/** @throws RefusedError naming everything that stands in the way */
export async function checkDatabase({ stack }: DestructiveRun): Promise<void> {
  const { name } = stack.database;
  const { rows } = await stack.withClient(maintenanceDatabase(name), (client) =>
    client.query<{ obstacle: string; remedy: string }>(OBSTACLES, [name]),
  );
  if (rows.length === 0) return;
  const list = rows.map(({ obstacle, remedy }) => `${obstacle}: ${remedy}`).join('\n');
  throw new RefusedError(`database ${name} cannot be replaced:\n${list}`);
}

/** A database to stand on while another one is replaced. */
const maintenanceDatabase = (name: string): string => (name === 'postgres' ? 'template1' : 'postgres');

async function replace(client: Client, name: string, { act }: Actor, signal: AbortSignal): Promise<void> {
  const execute = (sql: string): Promise<unknown> => act(`${sql};`, () => client.query(sql));
  const old = await readAttributes(client, name);
  if (!old) throw new FailedError(`there is no database ${name}`);
  const aside = { next: besides(name, '__new'), former: besides(name, '__old') };
  await removeLeftovers(client, Object.values(aside), execute);

  const [database, next, former] = [name, aside.next, aside.former].map(quoteName) as [
    string,
    string,
    string,
  ];
  try {
    for (const statement of createStatements(old, aside.next)) await execute(statement);
    signal.throwIfAborted();
    await execute(`ALTER DATABASE ${database} ALLOW_CONNECTIONS false`);
    await act(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${quoteText(name)};`,
      () => endSessions(client, name, signal),
    );
    await execute('BEGIN');
    await execute(`ALTER DATABASE ${database} RENAME TO ${former}`);
    await execute(`ALTER DATABASE ${next} RENAME TO ${database}`);
    await execute(`ALTER DATABASE ${database} ALLOW_CONNECTIONS true IS_TEMPLATE ${old.isTemplate}`);
    await execute('COMMIT');
  } catch (error) {
    await putBack(client, name, aside.next, error);
  }
  try {
    // A template cannot be dropped.
    if (old.isTemplate) await execute(`ALTER DATABASE ${former} IS_TEMPLATE false`);
    await execute(`DROP DATABASE ${former} WITH (FORCE)`);
  } catch (error) {
    throw new FailedError(
      `the new, empty ${name} is in use, but the old one is still there as ${aside.former}: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
  await act('-- check that the old database is gone', () => confirmReplaced(client, old, name));
}

/** Puts the old database back into use and throws what went wrong. */
async function putBack(client: Client, name: string, next: string, error: unknown): Promise<never> {
  try {
    await client.query('ROLLBACK');
    await client.query('RESET ROLE');
    await client.query(`ALTER DATABASE ${quoteName(name)} ALLOW_CONNECTIONS true`);
    await client.query(`DROP DATABASE IF EXISTS ${quoteName(next)}`);
  } catch (second) {
    throw new FailedError(
      `${messageOf(error)}\nand the old database could not be put back: ${messageOf(second)}`,
      {
        cause: error,
        hint: `once the server answers: ALTER DATABASE ${quoteName(name)} ALLOW_CONNECTIONS true`,
      },
    );
  }
  throw new FailedError(`${messageOf(error)}\nthe old database ${name} is in use again, unchanged`, {
    cause: error,
  });
}

/**
 * Drops what a killed run left behind. Ours are closed to sessions; an open database of that name is somebody's.
 *
 * @throws RefusedError for an open one
 */
async function removeLeftovers(
  client: Client,
  names: string[],
  execute: (sql: string) => Promise<unknown>,
): Promise<void> {
  const { rows } = await client.query<{ datname: string; datallowconn: boolean }>(
    'SELECT datname, datallowconn FROM pg_database WHERE datname = ANY ($1)',
    [names],
  );
  const open = rows.find(({ datallowconn }) => datallowconn);
  if (open) {
    throw new RefusedError(`a database ${open.datname} is in the way, and it is in use`, {
      hint: `rename it: ALTER DATABASE ${quoteName(open.datname)} RENAME TO …`,
    });
  }
  for (const { datname } of rows) {
    await execute(`ALTER DATABASE ${quoteName(datname)} IS_TEMPLATE false`);
    await execute(`DROP DATABASE ${quoteName(datname)}`);
  }
}

/** Ends all sessions of a closed database and waits until they are gone. */
async function endSessions(client: Client, name: string, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + SESSIONS_TIMEOUT * 1000;
  for (;;) {
    const { rows } = await client.query<{ pid: number; usename: string; application_name: string }>(
      `SELECT pid, usename, application_name, pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`,
      [name],
    );
    if (rows.length === 0) return;
    if (performance.now() > deadline) {
      const who = rows.map((row) => `${row.usename} (${row.application_name}, pid ${row.pid})`).join(', ');
      throw new FailedError(`sessions of ${name} did not end within ${SESSIONS_TIMEOUT} s: ${who}`);
    }
    signal.throwIfAborted();
    await sleep(20);
  }
}

async function confirmReplaced(client: Client, old: DatabaseAttributes, name: string): Promise<void> {
  const { rows } = await client.query<{ oid: string; datname: string }>(
    'SELECT oid::text, datname FROM pg_database WHERE oid = $1 OR datname = $2',
    [old.oid, name],
  );
  if (rows.length !== 1 || rows[0]!.oid === old.oid)
    throw new FailedError(`the old database ${name} still exists`);
}

/** `name` with a suffix, cut to the 63 bytes that a name may have, between characters. */
export function besides(name: string, suffix: string): string {
  let cut = name;
  while (Buffer.byteLength(cut + suffix) > 63 || cut + suffix === name) cut = [...cut].slice(0, -1).join('');
  return cut + suffix;
}
