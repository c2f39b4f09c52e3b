/**
 * Settings that a server, a database or a role could have set otherwise (`ALTER DATABASE … SET`, `ALTER ROLE … SET`), and
 * what each is in a session of ours.
 *
 * @see https://www.postgresql.org/docs/current/config-setting.html
 */

export type Settings = Readonly<Record<string, string>>;

/**
 * Where names are looked up. Every function, operator, type and table that a query of ours names without a
 * schema is the system's. `pg_temp` stands last, because where it is not named it comes first.
 *
 * @see https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-SEARCH-PATH
 */
export const SEARCH_PATH = 'pg_catalog, pg_temp';

const LIMITS: Settings = {
  // As whom: as the one who has logged in.
  role: 'none',
  // Nothing of the role's or the database's ends a statement or a session half-way. Who works sets limits of its own.
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  exit_on_error: 'off',
  default_transaction_read_only: 'off',
};

/** What every supported server (13+) knows, and any role may set. */
const EVERYWHERE: Settings = {
  ...LIMITS,
  // What a transaction is.
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
  // Rather an error than fewer rows, and no policy's function is called.
  row_security: 'off',
  check_function_bodies: 'on',
  default_tablespace: '',
  client_min_messages: 'warning',
};

/** What only newer servers know and has to hold from the first moment, the newest first. */
export const NEWER: Settings = {
  transaction_timeout: '0', // 17
  idle_session_timeout: '0', // 14
};

/** What only some servers know, and what only a superuser may set: set where it can be. */
const WHERE_POSSIBLE: Settings = {
  restrict_nonsystem_relation_kind: '', // the minor releases of August 2024
  stats_fetch_consistency: 'cache', // 15
  session_replication_role: 'origin', // superuser
  event_triggers: 'off', // 17, superuser
};

/**
 * What a session begins with: it is part of the message that opens it, comes before a setting of role or database, and
 * is what `RESET` and `DISCARD ALL` lead back to.
 *
 * @param unknown how many of NEWER the server does not know
 */
export const startOptions = (unknown = 0): string =>
  options({ ...EVERYWHERE, ...Object.fromEntries(Object.entries(NEWER).slice(unknown)) });

/** Of a session for a file: what would end it half-way, or make it somebody else. The rest is the database's to say. */
export const fileOptions = (unknown = 0): string =>
  options({ ...LIMITS, ...Object.fromEntries(Object.entries(NEWER).slice(unknown)) });

/** The same for a program, for any version of the server. */
export const LIMIT_OPTIONS = options(LIMITS);

/**
 * The same for pg_dump, for any version of the server. The search path, and limits that only newer servers know, it sets
 * itself; where it is given a table's name, it goes by the path that the team has.
 */
export const programOptions = (more: Settings = {}): string => options({ ...EVERYWHERE, ...more });
export const PROGRAM_OPTIONS = programOptions();

/**
 * What a pg_dump needs besides, so that one schema is printed in one way and nothing ends it half-way: those of the
 * newer settings that the server knows, from the first moment, and what money looks like. Not for a dump that is kept:
 * money is read in the same way as it is printed, by the settings of the database.
 *
 * @param major of the server
 */
export const comparingSettings = (major: number): Settings => ({
  lc_monetary: 'C',
  ...(major >= 14 ? { idle_session_timeout: '0' } : {}),
  ...(major >= 17 ? { transaction_timeout: '0' } : {}),
});

/** All that is looked at once more when the session stands. */
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
