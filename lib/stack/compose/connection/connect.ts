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
  /** False for a session on which another one is asked for. */
  readonly watched?: boolean;
}

/** From where the server of a container lets our sessions in, once that is known. */
const addresses = new Map<string, From>();

/** The same, for programs that connect by themselves: a session finds out. */
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
 * A connected client of the server in the given container, over `docker exec`: no published port is needed, a remote
 * engine works, and it cannot be another server that happens to listen on this machine's localhost.
 *
 * @param timeout milliseconds for the connection; a server that is stopped accepts it and says nothing
 * @param wait seconds until something has to listen there
 * @param signal gives up
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
    // Whoever is not let in on loopback (ident, reject, a file of the team's) may be where the application is.
    const client = await connectFrom(engine, container, database, settings, {
      ...how,
      from: 'network',
    }).catch(() => Promise.reject(error as Error));
    addresses.set(container, 'network');
    return client;
  }
}

/** invalid_authorization_specification, invalid_password: https://www.postgresql.org/docs/current/errcodes-appendix.html */
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

/** On a session of its own, which is not watched, and not in the way of the one that is. */
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

/** `port 5432 of the container: Connection refused`, of all that bash says about it. */
const complaint = (said: string): string =>
  said
    .split('\n')
    .at(-1)!
    .replace(/^bash: (line \d+: )?/, '')
    .replace(/^\/dev\/tcp\/[^/]*\/(\d+): /, 'port $1 of the container: ');
