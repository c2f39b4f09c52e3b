import type { Duplex } from 'node:stream';
import type pg from 'pg';
import { FailedError } from '../../errors.ts';
import { clientOver } from './client.ts';
import type { Login } from './login.ts';
import type { AskElsewhere } from './watch-session.ts';
import { NEWER, PINNED, SEARCH_PATH, fileOptions, startOptions } from './settings.ts';

/**
 * Whose settings hold in a session: ours; those that role and database have, for the team's own scripts and tasks; or
 * those, but for limits that would end a restore half-way, for a file that is restored.
 */
export type SettingsOf = 'makesafe' | 'database' | 'file';

/** Who works in a session, where it is not the environment's own role for makesafe. */
export interface SessionAs extends Partial<Credentials> {
  /** Those of the database for another role. */
  readonly settings?: SettingsOf;
}

interface SessionOptions {
  readonly as?: SessionAs | undefined;
  /** Milliseconds for the server to let us in, where it is not the usual limit. */
  readonly timeout?: number | undefined;
  /** Another session, to find out there what has become of this one while it is silent. */
  readonly elsewhere?: AskElsewhere | undefined;
  /** What tells the server from others, so that what it does not know is found out once. */
  readonly server: string;
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const UNKNOWN_SETTING = '42704';

/** How many of the newer settings a server does not know, by server. */
const unknown = new Map<string, number>();

/**
 * The one place that opens sessions. In one of ours no setting of server, database or role counts, and it is made sure
 * of that.
 *
 * @param connect gives a connection that stands; once more where the server is found to be an older one
 * @throws FailedError when a setting cannot be pinned; what pg says when the server does not let us in
 */
export async function openSession(
  connect: () => Duplex | Promise<Duplex>,
  usual: Login,
  { as: { settings, ...as } = {}, timeout, elsewhere, server }: SessionOptions,
): Promise<pg.Client> {
  const login = { ...usual, ...as };
  const whose = settings ?? (as.user === undefined ? 'makesafe' : 'database');
  if (whose === 'database') return clientOver(await connect(), login, timeout, elsewhere);
  const options = whose === 'file' ? fileOptions : startOptions;
  for (;;) {
    const without = unknown.get(server) ?? 0;
    const connection = await connect();
    try {
      const client = await clientOver(connection, login, timeout, elsewhere, options(without));
      return whose === 'file' ? client : await pinOrEnd(client);
    } catch (error) {
      const isOlder = (error as Partial<pg.DatabaseError>).code === UNKNOWN_SETTING;
      if (!isOlder || without === Object.keys(NEWER).length) throw error;
      connection.destroy();
      unknown.set(server, without + 1);
    }
  }
}

async function pinOrEnd(client: pg.Client): Promise<pg.Client> {
  try {
    await pin(client);
    return client;
  } catch (error) {
    await client.end();
    throw error;
  }
}

/**
 * Names first, by statements that call no function: from here on a function is the system's. The search path of anybody
 * else's session stays readable, as the reset value.
 */
const FIRST = `SET SESSION AUTHORIZATION DEFAULT; SET ROLE NONE; SET search_path TO ${SEARCH_PATH}`;

/** A setting of a superuser's is left to superusers. What it is afterwards is what `set_config` says. */
const REST = `
  SELECT name, set_config(name, wanted, false) AS found, wanted
  FROM pg_settings JOIN json_each_text($1) AS ours (parameter, wanted) ON parameter = name
  WHERE context = 'user' OR (SELECT rolsuper FROM pg_roles WHERE rolname = session_user)
  UNION ALL SELECT 'role', current_user::text, session_user::text`;

/**
 * Pins all settings of a session that stands, also of one that somebody has used.
 *
 * @throws FailedError when one of them does not hold
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

/** Who connects. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}
