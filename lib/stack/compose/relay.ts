import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import type { Client } from 'pg';
import { childEnvironment } from '../../process.ts';
import type { DatabaseSettings } from './config.ts';
import type { Docker } from './docker.ts';

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
}

interface Relay {
  readonly connection: Duplex;
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
export function openRelay(docker: Docker, container: string, from: From = 'loopback', wait = 0): Relay {
  const words = ['bash', '-c', RELAY, 'bash', ADDRESS[from], String(wait)];
  const { file, args } = docker('exec', '-i', container, ...words);
  const child = spawn(file, [...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: childEnvironment(),
    // Its own process group: Ctrl-C must not cut the connection over which the old state is put back.
    detached: true,
  });
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  const connection = Duplex.from({ writable: child.stdin, readable: child.stdout });
  child.on('error', (error) => connection.destroy(error));
  // A connection whose relay is gone may otherwise never end, and whoever waits for it would wait for nothing.
  child.once('close', () => setImmediate(() => connection.destroy()));
  return {
    connection,
    said: () => said.trim(),
    end: () => child.stdin.end(),
    kill: () => void child.kill(),
    hold: (holds) => [child, ...child.stdio].forEach((handle) => holdWith(handle as Handle, holds)),
  };
}

type Handle = { ref(): void; unref(): void };
const holdWith = (handle: Handle, holds: boolean): void => (holds ? handle.ref() : handle.unref());

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
  docker: Docker,
  container: string,
  database: string,
  settings: DatabaseSettings,
  { timeout = 10_000, from, wait, signal }: ConnectOptions = {},
): Promise<Client> {
  const relay = openRelay(docker, container, from, wait);
  signal?.addEventListener('abort', relay.kill, { once: true });
  // Loaded while docker starts.
  const { clientOver, connectionError } = await import('../client.ts');
  try {
    const client = await clientOver(relay.connection, { ...settings, database }, timeout);
    client.once('end', () => relay.end());
    relays.set(client, relay);
    return client;
  } catch (error) {
    relay.kill();
    throw connectionError(error, database, { said: complaint(relay.said()) });
  } finally {
    signal?.removeEventListener('abort', relay.kill);
  }
}

/** `port 5432 of the container: Connection refused`, of all that bash says about it. */
const complaint = (said: string): string =>
  said
    .split('\n')
    .at(-1)!
    .replace(/^bash: (line \d+: )?/, '')
    .replace(/^\/dev\/tcp\/[^/]*\/(\d+): /, 'port $1 of the container: ');
