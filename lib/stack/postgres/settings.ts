/**
 * Settings that a server, a database or a role may change (`ALTER DATABASE … SET`, `ALTER ROLE … SET`), and the value
 * that each has in our sessions.
 *
 * @see https://www.postgresql.org/docs/current/config-setting.html
 */

export type Settings = Readonly<Record<string, string>>;

/**
 * Our search path: every function, operator, type and table without a schema in our queries is the system's. `pg_temp`
 * is named, and last, because PostgreSQL searches it first if it is not named.
 *
 * @see https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-SEARCH-PATH
 */
export const SEARCH_PATH = 'pg_catalog, pg_temp';

const LIMITS: Settings = {
  // Act as the role that has logged in.
  role: 'none',
  // No limit of role or database ends a statement or a session half-way. The code that needs a limit sets it.
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  exit_on_error: 'off',
  default_transaction_read_only: 'off',
};

/** Every supported server (13+) knows them, and any role may set them. */
const EVERYWHERE: Settings = {
  ...LIMITS,
  // Transactions.
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  // How values are written and read.
  bytea_output: 'hex',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  extra_float_digits: '1',
  quote_all_identifiers: 'off',
  standard_conforming_strings: 'on',
  escape_string_warning: 'on',
  backslash_quote: 'safe_encoding',
  array_nulls: 'on',
  transform_null_equals: 'off',
  xmloption: 'content',
  xmlbinary: 'base64',
  // Fail instead of returning fewer rows, and call no function of a row security policy.
  row_security: 'off',
  check_function_bodies: 'on',
  default_tablespace: '',
  client_min_messages: 'warning',
};

/** Only newer servers know them, and they must apply from the start of the session. The newest comes first. */
export const NEWER: Settings = {
  transaction_timeout: '0', // 17
  idle_session_timeout: '0', // 14
};

/** Only some servers know them, or only a superuser may set them. They are set where possible. */
const WHERE_POSSIBLE: Settings = {
  restrict_nonsystem_relation_kind: '', // the minor releases of August 2024
  stats_fetch_consistency: 'cache', // 15
  session_replication_role: 'origin', // superuser
  event_triggers: 'off', // 17, superuser
};

/**
 * The options of our sessions. They are part of the start-up message, override the settings of role and database, and
 * are the values that `RESET` and `DISCARD ALL` restore.
 *
 * @param unknown how many of NEWER the server does not know
 */
export const startOptions = (unknown = 0): string =>
  options({ ...EVERYWHERE, ...Object.fromEntries(Object.entries(NEWER).slice(unknown)) });

/** The options of a session for a file: no limit ends it, and it keeps its role. Other settings are the database's. */
export const fileOptions = (unknown = 0): string =>
  options({ ...LIMITS, ...Object.fromEntries(Object.entries(NEWER).slice(unknown)) });

/** The same for psql, with settings that every server version knows. */
export const LIMIT_OPTIONS = options(LIMITS);

/**
 * All our settings for pg_dump, for every server version. pg_dump itself sets the search path and the limits that only
 * newer servers know. It finds a table named on its command line by the team's search path, so we do not set one.
 */
export const programOptions = (more: Settings = {}): string => options({ ...EVERYWHERE, ...more });
export const PROGRAM_OPTIONS = programOptions();

/**
 * More settings for a pg_dump whose output is compared: the limits that newer servers know, from the start, and one
 * format for money. Not for a dump that is restored later: restoring reads money with the settings of the database.
 *
 * @param major the server's major version
 */
export const comparingSettings = (major: number): Settings => ({
  lc_monetary: 'C',
  ...(major >= 14 ? { idle_session_timeout: '0' } : {}),
  ...(major >= 17 ? { transaction_timeout: '0' } : {}),
});

/** All settings that `pin` sets and checks in an open session. */
export const PINNED: Settings = {
  search_path: SEARCH_PATH,
  ...EVERYWHERE,
  ...NEWER,
  ...WHERE_POSSIBLE,
};

/** @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-OPTIONS */
function options(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, '\\$&')}`)
    .join(' ');
}
