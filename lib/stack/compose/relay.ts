import { Duplex } from 'node:stream';
import type { Client } from 'pg';
import { maintenanceDatabase } from '../../database/server-session.ts';
import type { DatabaseSettings } from './config.ts';
import type { Engine } from './engine.ts';
import { startIn } from './exec.ts';
import type { SessionAs } from '../postgres/session.ts';
import type { AskElsewhere } from '../postgres/watch-session.ts';

/**
 * Both directions of one TCP connection, made inside the container, to the address given or to the container's own,
 * and tried for the seconds given until something listens there; where the image has pg_isready, until it would be let
 * in: a server that is starting listens already. Either side ending ends both, so that the server sees a client go when
 * this process is killed, and we see a server go. The official images have bash.
 *
 * In those images the server is process 1 and inherits orphans: one that was ended by a signal it takes for a
 * crashed backend, and restarts itself. So the shell outlives its children, and a broken pipe is an error to them instead
 * of a signal.
 */
const RELAY = `
  trap '' PIPE
  host="\${1:-$HOSTNAME}" port="\${PGPORT:-5432}"
  while ((SECONDS < $2)); do
    pg_isready -q -h "$host" -p "$port"
    case $? in 1 | 2) sleep 0.05 ;; *) break ;; esac
  done 2>/dev/null
  until { exec 3<>"/dev/tcp/$host/$port"; } 2>/dev/null; do
    ((SECONDS < $2)) || exec 3<>"/dev/tcp/$host/$port" || exit 1
    sleep 0.05
  done
  exec 4<&0
  cat <&3 & server=$!
  cat <&4 >&3 & client=$!
  wait -n
  kill $server $client 2>/dev/null
  wait
`;

/** Where the connection seems to come from: the official image wants a password only over the network. */
export type From = 'loopback' | 'network';
const ADDRESS: Record<From, string> = { loopback: '127.0.0.1', network: '' };

export interface ConnectOptions {
  readonly timeout?: number;
  readonly from?: From;
  readonly wait?: number;
  readonly signal?: AbortSignal;
  readonly as?: SessionAs | undefined;
  /** False for a session on which another one is asked for. */
  readonly watched?: boolean;
}

interface Relay {
  readonly connection: Duplex;
  /** Kept once the engine has been told of it. */
  readonly begun: Promise<unknown>;
  /** What the relay's shell complained of. */
  readonly said: () => string;
  readonly end: () => void;
  readonly kill: () => void;
  /** Whether it holds this process from ending. */
  readonly hold: (holds: boolean) => void;
}

/**
 * A connection to the server in the given container, without a client.
 *
 * @param wait seconds until something has to listen there
 */
export function openRelay(engine: Engine, container: string, from: From = 'loopback', wait = 0): Relay {
  const words = ['bash', '-c', RELAY, 'bash', ADDRESS[from], String(wait)];
  const { stdin, stdout, stderr, begun, ended, kill, hold } = startIn(engine, container, words, {
    input: true,
  });
  let said = '';
  stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const connection = Duplex.from({ writable: stdin, readable: stdout });
  // Whoever uses it hears of it; one that nobody has taken yet is nobody's loss.
  connection.on('error', () => {});
  // A connection whose relay is gone may otherwise never end, and whoever waits for it would wait for nothing.
  const gone = (error?: unknown): unknown =>
    setImmediate(() => connection.destroy(error as Error | undefined));
  ended.then(() => gone(), gone);
  return { connection, begun, said: () => said.trim(), end: () => void stdin.end(), kill, hold };
}

/** Milliseconds for which one that was begun is waited for: the server itself lets nobody stand there for long. */
const BEGUN_MS = 10_000;
const ready = new Map<string, Relay>();

/**
 * Begins a connection to the server in a container for whoever connects first, as soon as the container is known and
 * before it is known as whom. Nobody has to come: until the client speaks, the server does not count it.
 */
export function beginRelay(engine: Engine, container: string): void {
  if (ready.has(container)) return;
  const relay = openRelay(engine, container);
  const forget = (): void => void (ready.get(container) === relay && ready.delete(container));
  relay.hold(false);
  ready.set(container, relay);
  // What takes a while to load is loaded while the container starts a shell.
  void relay.begun.then(() => import('../client.ts'));
  relay.connection.once('close', forget);
  setTimeout(() => ready.get(container) === relay && (forget(), relay.kill()), BEGUN_MS).unref();
}

function takeBegun(container: string): Relay | undefined {
  const relay = ready.get(container);
  ready.delete(container);
  relay?.hold(true);
  return relay;
}

const relays = new WeakMap<Client, Relay>();
/** Lets this process end although the client is connected. The server sees it go then. */
export const rest = (client: Client): void => relays.get(client)?.hold(false);
export const wake = (client: Client): void => relays.get(client)?.hold(true);

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
  { timeout, from, wait, signal, as, watched = true }: ConnectOptions = {},
): Promise<Client> {
  let relay: Relay | undefined;
  const open = (): Duplex => {
    const begun = from === 'network' || relay ? undefined : takeBegun(container);
    relay = begun ?? openRelay(engine, container, from, wait);
    return relay.connection;
  };
  const kill = (): void => relay?.kill();
  signal?.addEventListener('abort', kill, { once: true });
  const first = open();
  let taken = false;
  // Loaded while the relay starts.
  const [{ openSession }, { connectionError }] = await Promise.all([
    import('../postgres/session.ts'),
    import('../client.ts'),
  ]);
  try {
    const connection = (): Duplex => (taken ? open() : ((taken = true), first));
    const elsewhere: AskElsewhere = (question) => askElsewhere(engine, container, settings, question);
    const how = { timeout, as, server: container, elsewhere: watched ? elsewhere : undefined };
    const client = await openSession(connection, { ...settings, database }, how);
    const { end } = relay!;
    client.once('end', () => end());
    relays.set(client, relay!);
    return client;
  } catch (error) {
    relay!.kill();
    throw connectionError(error, database, { said: complaint(relay!.said()) });
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
