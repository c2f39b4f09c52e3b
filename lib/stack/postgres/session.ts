import type { Duplex } from 'node:stream';
import type pg from 'pg';
import { FailedError } from '../../errors.ts';
import { clientOver } from './client.ts';
import type { Login } from './login.ts';
import type { AskElsewhere } from './watch-session.ts';
import { NEWER, PINNED, SEARCH_PATH, fileOptions, startOptions } from './settings.ts';

/**
 * Whose settings apply in a session.
 * - `makesafe`: ours.
 * - `database`: those of role and database, for the team's own scripts and tasks.
 * - `file`: the same without limits that could end it half-way, for a file that is restored.
 */
export type SettingsOf = 'makesafe' | 'database' | 'file';

/** Another role or other settings for a session. Default: the environment's role, with makesafe's settings. */
export interface SessionAs extends Partial<Credentials> {
  /** Default: `makesafe`; for another role `database`. */
  readonly settings?: SettingsOf;
}

interface SessionOptions {
  readonly as?: SessionAs | undefined;
  /** Milliseconds for the log-in; default: LIMITS.firstAnswer. */
  readonly timeout?: number | undefined;
  /** Asks on another session what happened to this one while it is silent. */
  readonly elsewhere?: AskElsewhere | undefined;
  /** Identifies the server, so that we find out only once which settings it does not know. */
  readonly server: string;
  /** Looks at the session before something is set in it. */
  readonly first?: ((client: pg.Client) => Promise<void>) | undefined;
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const UNKNOWN_SETTING = '42704';

/** How many of the settings in NEWER a server does not know, by server. */
const unknown = new Map<string, number>();

/**
 * The only place that opens sessions. With makesafe's settings, it checks that no setting of server, database or role
 * applies.
 *
 * @param connect opens a connection; called again each time the server turns out to be older and not to know a setting
 * @throws FailedError when a setting cannot be pinned; what pg throws when the server refuses the session
 */
export async function openSession(
  connect: () => Duplex | Promise<Duplex>,
  usual: Login,
  {
    as: { settings, ...as } = {},
    timeout,
    elsewhere,
    server,
    first = () => Promise.resolve(),
  }: SessionOptions,
): Promise<pg.Client> {
  const login = { ...usual, ...as };
  const whose = settings ?? (as.user === undefined ? 'makesafe' : 'database');
  if (whose === 'database') {
    const client = await clientOver(await connect(), login, timeout, elsewhere);
    return endUnless(client, first(client));
  }
  const options = whose === 'file' ? fileOptions : startOptions;
  for (;;) {
    const without = unknown.get(server) ?? 0;
    const connection = await connect();
    try {
      const client = await clientOver(connection, login, timeout, elsewhere, options(without));
      await endUnless(client, first(client));
      return whose === 'file' ? client : await endUnless(client, pin(client));
    } catch (error) {
      const isOlder = (error as Partial<pg.DatabaseError>).code === UNKNOWN_SETTING;
      if (!isOlder || without === Object.keys(NEWER).length) throw error;
      connection.destroy();
      unknown.set(server, without + 1);
    }
  }
}

async function endUnless(client: pg.Client, prepared: Promise<void>): Promise<pg.Client> {
  try {
    await prepared;
    return client;
  } catch (error) {
    await client.end();
    throw error;
  }
}

/**
 * First pin how names are looked up, with statements that call no function: after that, every function that we call is
 * the system's. If somebody else opened the session, its own search path stays readable as the reset value.
 */
const FIRST = `SET SESSION AUTHORIZATION DEFAULT; SET ROLE NONE; SET search_path TO ${SEARCH_PATH}`;

/** Only superusers may set some settings: others skip those. `set_config` returns the new value, to compare. */
const REST = `
  SELECT name, set_config(name, wanted, false) AS found, wanted
  FROM pg_settings JOIN json_each_text($1) AS ours (parameter, wanted) ON parameter = name
  WHERE context = 'user' OR (SELECT rolsuper FROM pg_roles WHERE rolname = session_user)
  UNION ALL SELECT 'role', current_user::text, session_user::text`;

/**
 * Pins all settings of an open session, even if other code has used it before.
 *
 * @throws FailedError when a setting does not have our value afterwards
 */
export async function pin(client: pg.Client): Promise<void> {
  await client.query(FIRST);
  const { rows } = await client.query<{ name: string; found: string; wanted: string }>(REST, [
    JSON.stringify(PINNED),
  ]);
  const loose = rows.filter(({ found, wanted }) => found !== wanted);
  if (loose.length === 0 && rows.some(({ name }) => name === 'search_path')) return;
  const list = loose.map(({ name, found }) => `${name} is ${found}`).join(', ');
  throw new FailedError(`the server does not let us choose the settings of our session: ${list}`);
}

/** The role that logs in. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}
