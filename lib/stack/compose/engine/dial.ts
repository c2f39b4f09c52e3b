import { spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { Duplex, type Readable, type Writable } from 'node:stream';
import type { Command } from '../../../system/command.ts';
import { childEnvironment } from '../../../system/process.ts';
import { mayHang } from '../../../system/cancelling.ts';
import { isRunning, killTree } from '../../../system/process-tree.ts';

/** Opens a connection to the engine, by its socket on this machine. */
export function dialSocket(path: string): Duplex {
  const connection = createConnection({ path });
  connection.once(
    'close',
    mayHang((reason) => connection.destroy(reason)),
  );
  return connection;
}

/**
 * Opens a connection to the engine by a docker command, which ends with this process.
 *
 * @param complain gets docker's error messages
 */
export function dial({ file, args }: Command, complain: (text: string) => void): Duplex {
  // Its own process group: Ctrl-C must not end the connection while makesafe restores the old state.
  const child = spawn(file, [...args], { env: childEnvironment(), stdio: 'pipe', detached: true });
  child.stderr.setEncoding('utf8').on('data', complain);
  const connection = Duplex.from({ writable: child.stdin, readable: child.stdout });
  child.on('error', (error) => connection.destroy(error));
  const forget = mayHang((reason) => connection.destroy(reason));
  connection.once('close', () => {
    forget();
    // After an error nobody needs it, but ssh may wait long for a lost network: kill it.
    if (connection.errored && isRunning(child)) killTree(child.pid!);
  });
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
