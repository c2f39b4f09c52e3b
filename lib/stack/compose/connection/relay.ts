import { Duplex } from 'node:stream';
import type { Client } from 'pg';
import type { Engine } from '../engine/engine.ts';
import { startIn } from '../engine/exec.ts';
import { FIND_SERVER } from './find-server.ts';

/**
 * Both directions of one TCP connection, made inside the container, to where its server listens, and tried for the
 * seconds given until something listens there; where the image has pg_isready, until it would be let in: a server that is
 * starting listens already. Either side ending ends both, so that the server sees a client go when this process is
 * killed, and we see a server go. The official images have bash.
 *
 * In those images the server is process 1 and inherits orphans: one that was ended by a signal it takes for a
 * crashed backend, and restarts itself. So the shell outlives its children, and a broken pipe is an error to them instead
 * of a signal.
 *
 * Arguments: from where, the port, seconds.
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

/** Where the connection seems to come from: the official image wants a password only over the network. */
export type From = 'loopback' | 'network';

/** Where in a container a connection leads. */
interface To {
  readonly from?: From | undefined;
  readonly port?: number | undefined;
  /** Seconds until something has to listen there. */
  readonly wait?: number | undefined;
}

export interface Relay {
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
 */
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
  // Whoever uses it hears of it; one that nobody has taken yet is nobody's loss.
  connection.on('error', () => {});
  // A connection whose relay is gone may otherwise never end, and whoever waits for it would wait for nothing.
  const gone = (error?: unknown): unknown =>
    setImmediate(() => connection.destroy(error as Error | undefined));
  ended.then(() => gone(), gone);
  return { connection, said: () => said.trim(), end: () => void stdin.end(), kill, hold };
}

const relays = new WeakMap<Client, Relay>();

/** Remembers which relay a client uses. */
export const usesRelay = (client: Client, relay: Relay): void => void relays.set(client, relay);

/** Whether a client holds this process from ending. If it does not, the server sees it go with the process. */
export const holdProcess = (client: Client, holds: boolean): void => relays.get(client)?.hold(holds);
