import type { Duplex } from 'node:stream';
import type { Client } from 'pg';
import { maintenanceDatabase } from '../../postgres/maintenance-database.ts';
import { FailedError } from '../../../errors.ts';
import { connectionError } from '../../postgres/client.ts';
import { openSession, type SessionAs } from '../../postgres/session.ts';
import type { AskElsewhere } from '../../postgres/watch-session.ts';
import type { Engine } from '../engine/engine.ts';
import type { DatabaseSettings } from './login.ts';
import { openRelay, usesRelay, type From, type Relay } from './relay.ts';

export interface ConnectOptions {
  readonly timeout?: number;
  readonly from?: From;
  readonly wait?: number;
  readonly signal?: AbortSignal;
  readonly as?: SessionAs | undefined;
  /** False for a session that only asks about another session. */
  readonly watched?: boolean;
}

/** From where a container's server accepts our log-in, once we know it. */
const addresses = new Map<string, From>();

/** The same, for programs that connect by themselves. If it is unknown, opens a session to find out. */
export async function addressOf(
  engine: Engine,
  container: string,
  settings: DatabaseSettings,
): Promise<From> {
  if (!addresses.has(container))
    await connect(engine, container, settings.name, settings).then((client) => client.end());
  return addresses.get(container)!;
}

/**
 * Opens a session on the server in a container, over an exec in it (relay.ts). So it needs no published port, works
 * with a remote engine, and cannot reach another server that listens on this machine's localhost.
 *
 * @param how.timeout milliseconds for the log-in: a paused server accepts connections and never answers
 * @param how.wait seconds to wait until the server listens
 * @param how.from where the connection comes from; default: loopback, then the network if the server refuses us there
 * @param how.signal cancels the attempt
 * @throws UnreachableError when nothing listens there yet, or the server is starting or stopping
 * @throws FailedError when the server refuses: no such database, wrong password
 */
export async function connect(
  engine: Engine,
  container: string,
  database: string,
  settings: DatabaseSettings,
  how: ConnectOptions = {},
): Promise<Client> {
  const from = how.from ?? addresses.get(container) ?? 'loopback';
  try {
    const client = await connectFrom(engine, container, database, settings, { ...how, from });
    if (how.from === undefined) addresses.set(container, from);
    return client;
  } catch (error) {
    if (how.from !== undefined || from === 'network' || !isRefused(error)) throw error;
    // A server that refuses us on loopback (ident, reject, the team's own pg_hba.conf) may accept us from the network,
    // like the application.
    const client = await connectFrom(engine, container, database, settings, {
      ...how,
      from: 'network',
    }).catch(() => Promise.reject(error as Error));
    addresses.set(container, 'network');
    return client;
  }
}

/**
 * invalid_authorization_specification, invalid_password: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const isRefused = (error: unknown): boolean =>
  error instanceof FailedError &&
  /^28(000|P01)$/.test((error.cause as { code?: string } | undefined)?.code ?? '');

async function connectFrom(
  engine: Engine,
  container: string,
  database: string,
  settings: DatabaseSettings,
  { timeout, from, wait, signal, as, watched = true }: ConnectOptions,
): Promise<Client> {
  let relay: Relay | undefined;
  const { port } = settings;
  const open = (): Duplex => (relay = openRelay(engine, container, { from, port, wait })).connection;
  const kill = (): void => relay?.kill();
  signal?.addEventListener('abort', kill, { once: true });
  try {
    const elsewhere: AskElsewhere = (question) => askElsewhere(engine, container, settings, question);
    const how = { timeout, as, server: container, elsewhere: watched ? elsewhere : undefined };
    const client = await openSession(open, { ...settings, database }, how);
    const { end } = relay!;
    client.once('end', () => end());
    usesRelay(client, relay!);
    return client;
  } catch (error) {
    relay!.kill();
    const make = database === settings.name ? settings.make : undefined;
    throw connectionError(error, database, { said: complaint(relay!.said()), make });
  } finally {
    signal?.removeEventListener('abort', kill);
  }
}

/** Asks on a session of its own, which is not watched and does not disturb the watched one. */
async function askElsewhere<T>(
  engine: Engine,
  container: string,
  settings: DatabaseSettings,
  question: (client: Client) => Promise<T>,
): Promise<T> {
  const database = maintenanceDatabase(settings.name);
  const client = await connect(engine, container, database, settings, { watched: false });
  return question(client).finally(() => client.end());
}

/** Shortens bash's message to `port 5432 of the container: Connection refused`. */
const complaint = (said: string): string =>
  said
    .split('\n')
    .at(-1)!
    .replace(/^bash: (line \d+: )?/, '')
    .replace(/^\/dev\/tcp\/[^/]*\/(\d+): /, 'port $1 of the container: ');
