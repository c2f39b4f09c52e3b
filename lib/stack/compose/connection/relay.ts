import { Duplex } from 'node:stream';
import type { Client } from 'pg';
import type { Engine } from '../engine/engine.ts';
import { startIn } from '../engine/exec.ts';
import { FIND_SERVER } from './find-server.ts';

/**
 * Relays one TCP connection to the server inside the container, in both directions, over standard input and output. The
 * official images have bash.
 *
 * It waits up to the given seconds until the server listens. With pg_isready, it waits until the server accepts
 * sessions: a starting server listens already.
 *
 * If one side ends, both end: the server sees the client go when this process is killed, and we see the server go.
 *
 * In those images the server is process 1 and adopts orphans. If an orphan is ended by a signal, the server takes it
 * for a crashed backend, and restarts itself. So the shell waits for its children, and they ignore SIGPIPE.
 *
 * Arguments: `loopback` or `network`, the port, seconds.
 */
const RELAY = `
  ${FIND_SERVER}
  trap '' PIPE
  find_server "$1" "$2"
  while ((SECONDS < $3)); do
    pg_isready -q -h "$host" -p "$port"
    case $? in 1 | 2) sleep 0.05; find_server "$1" "$2" ;; *) break ;; esac
  done 2>/dev/null
  until { exec 3<>"/dev/tcp/$host/$port"; } 2>/dev/null; do
    ((SECONDS < $3)) || exec 3<>"/dev/tcp/$host/$port" || exit 1
    sleep 0.05
    find_server "$1" "$2"
  done
  exec 4<&0
  cat <&3 & server=$!
  cat <&4 >&3 & client=$!
  wait -n
  kill $server $client 2>/dev/null
  wait
`;

/** Where the connection comes from, for the server: the official image asks for a password only over the network. */
export type From = 'loopback' | 'network';

/** How to connect in a container. */
interface To {
  readonly from?: From | undefined;
  readonly port?: number | undefined;
  /** Seconds to wait until the server listens. */
  readonly wait?: number | undefined;
}

export interface Relay {
  readonly connection: Duplex;
  /** What the relay's shell wrote to standard error. */
  readonly said: () => string;
  readonly end: () => void;
  readonly kill: () => void;
  /** Sets whether it keeps this process alive. */
  readonly hold: (holds: boolean) => void;
}

/** Opens a connection to the server in a container, without a client. */
export function openRelay(
  engine: Engine,
  container: string,
  { from = 'loopback', port, wait = 0 }: To = {},
): Relay {
  const words = ['bash', '-c', RELAY, 'bash', from, String(port ?? ''), String(wait)];
  const { stdin, stdout, stderr, ended, kill, hold } = startIn(engine, container, words, {
    input: true,
  });
  let said = '';
  stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const connection = Duplex.from({ writable: stdin, readable: stdout });
  // The user of the connection gets the error as well. Without this listener, an unused connection would end the
  // process.
  connection.on('error', () => {});
  // Otherwise the connection of an ended relay may never close, and its user would wait forever.
  const gone = (error?: unknown): unknown =>
    setImmediate(() => connection.destroy(error as Error | undefined));
  ended.then(() => gone(), gone);
  return { connection, said: () => said.trim(), end: () => void stdin.end(), kill, hold };
}

const relays = new WeakMap<Client, Relay>();

/** Remembers which relay a client uses. */
export const usesRelay = (client: Client, relay: Relay): void => void relays.set(client, relay);

/** Sets whether a client keeps this process alive. If it does not, its session ends with the process. */
export const holdProcess = (client: Client, holds: boolean): void => relays.get(client)?.hold(holds);
