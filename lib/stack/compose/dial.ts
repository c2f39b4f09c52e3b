import { spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { Duplex, type Readable, type Writable } from 'node:stream';
import { childEnvironment } from '../../process.ts';
import type { Docker } from './docker.ts';

/** A connection to the engine by its socket on this machine. */
export const dialSocket = (path: string): Duplex => createConnection({ path });

/**
 * A connection to the engine that docker makes. It keeps nobody from ending, and ends with this process.
 *
 * @param complain told what docker says of it
 */
export function dial(docker: Docker, complain: (text: string) => void): Duplex {
  const { file, args } = docker('system', 'dial-stdio');
  // Its own process group: Ctrl-C must not cut what is asked while the old state is put back.
  const child = spawn(file, [...args], { env: childEnvironment(), stdio: 'pipe', detached: true });
  child.stderr.setEncoding('utf8').on('data', complain);
  const connection = Duplex.from({ writable: child.stdin, readable: child.stdout });
  child.on('error', (error) => connection.destroy(error));
  const handles = [child, ...child.stdio] as ((Readable | Writable) & { ref(): void; unref(): void })[];
  // What node:http expects of a socket.
  return Object.assign(connection, {
    setNoDelay: () => connection,
    setKeepAlive: () => connection,
    setTimeout: () => connection,
    ref: () => (handles.forEach((handle) => handle.ref()), connection),
    unref: () => (handles.forEach((handle) => handle.unref()), connection),
  });
}
