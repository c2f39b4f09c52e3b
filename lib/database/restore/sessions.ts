import type { Client } from 'pg';
import { counted } from '../../output/display.ts';
import { FailedError } from '../../errors.ts';
import type { StackRun } from '../../run/run.ts';
import type { Terminal } from '../../output/terminal.ts';
import type { Dump } from '../../dump/read/dump.ts';
import { maintenanceDatabase } from '../../stack/postgres/maintenance-database.ts';
import type { Cage, Keeper } from '../replace/cage.ts';

/** Opens `count` connections to the staging database, as the file's role, and runs `work` with them. */
export function withSessions<T>(
  run: StackRun,
  staging: string,
  count: number,
  cage: Cage | undefined,
  work: (clients: Client[]) => Promise<T>,
  clients: Client[] = [],
): Promise<T> {
  if (clients.length === count) return work(clients);
  return run.stack.withClient(
    staging,
    async (client) => {
      if (cage) await checkCaged(client, cage, staging);
      return withSessions(run, staging, count, cage, work, [...clients, client]);
    },
    cage ? { user: cage.user, password: cage.password, settings: 'file' } : { settings: 'file' },
  );
}

/** Checks that the session has the rights of the cage and no others: all protection depends on this. */
async function checkCaged(client: Client, { user }: Cage, staging: string): Promise<void> {
  const { rows } = await client.query<{ is: boolean }>(
    `SELECT session_user = $1 AND current_user = $1 AND current_database() = $2 AND NOT rolsuper AS is
     FROM pg_catalog.pg_roles WHERE rolname = session_user`,
    [user, staging],
  );
  if (!rows[0]?.is)
    throw new FailedError(`the connection for the file is not that of role ${user} in ${staging}`);
}

/**
 * Gives the sessions our settings. For a script that is not a dump, also those of the environment's own role, without
 * the ones that only a superuser may set.
 */
export async function setAsFor(
  clients: readonly Client[],
  { user }: Keeper,
  staging: string,
  dump: Dump,
): Promise<void> {
  for (const client of clients) {
    await client.query(OUR_SETTINGS);
    if (dump.tables !== undefined) continue;
    const { rows } = await client.query<{ name: string; value: string }>(
      `SELECT split_part(setting, '=', 1) AS name, substr(setting, strpos(setting, '=') + 1) AS value
       FROM pg_catalog.pg_db_role_setting, unnest(setconfig) AS setting
       WHERE setrole = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = $1)
         AND setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = $2))
       ORDER BY setdatabase`,
      [user, staging],
    );
    for (const { name, value } of rows)
      await client.query('SELECT set_config($1, $2, false)', [name, value]).catch(() => {});
    // `$user` in search_path means the environment's role, not the cage.
    await client.query(
      `SELECT set_config('search_path', replace(current_setting('search_path'), '"$user"', quote_ident($1)), false)`,
      [user],
    );
    await client.query(NO_LIMITS);
  }
}

/**
 * Settings, with none of the time limits of the database or role that could end a restore. Older servers do not have
 * every parameter: the join skips those.
 */
const settings = (rows: string): string => `
  SELECT set_config(name, value, false)
  FROM pg_catalog.pg_settings JOIN (VALUES ${rows}) AS ours (parameter, value) ON parameter = name`;
const LIMITS = `('statement_timeout', '0'), ('lock_timeout', '0'), ('transaction_timeout', '0'),
  ('idle_in_transaction_session_timeout', '0'), ('idle_session_timeout', '0'), ('default_transaction_read_only', 'off'),
  ('client_encoding', 'UTF8')`;
const NO_LIMITS = settings(LIMITS);
/**
 * The server ends the statement of a client that is gone: without client_connection_check_interval (PostgreSQL 14+), a
 * long statement of a cancelled or killed restore would continue.
 */
export const OUR_SETTINGS = settings(
  `${LIMITS}, ('client_min_messages', 'warning'), ('client_connection_check_interval', '1s')`,
);

/** Number of the server's warnings that are shown. */
const SHOWN_WARNINGS = 5;

/** Collects the server's warnings, such as `no privileges could be revoked`. */
export class Warnings {
  readonly #said: string[] = [];
  #more = 0;

  constructor(clients: readonly Client[]) {
    for (const client of clients)
      client.on('notice', ({ severity, message }) => {
        if (severity !== 'WARNING' || message === undefined) return;
        if (this.#said.length < SHOWN_WARNINGS) this.#said.push(message);
        else this.#more += 1;
      });
  }

  report(terminal: Terminal): void {
    for (const message of this.#said) terminal.warn(`the server: ${message}`);
    if (this.#more > 0) terminal.warn(`the server: ${counted(this.#more, 'more warning')}`);
    this.#said.length = 0;
    this.#more = 0;
  }
}

/** Terminates all sessions in the staging database. */
export const endSessionsOf = ({ stack }: StackRun, staging: string): Promise<unknown> =>
  stack.withClient(maintenanceDatabase(stack.database.name), (client) =>
    client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [staging]),
  );
