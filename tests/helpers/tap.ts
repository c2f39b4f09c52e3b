import { connect, createServer, type Socket } from 'node:net';

/** A way to a server that sees what clients send, and can hold it up. */
export interface Tap {
  readonly port: number;
  /** The next time that a client sends something that matches, `happens` runs before it reaches the server. */
  readonly before: (pattern: RegExp, happens: () => Promise<void>) => void;
  readonly close: () => void;
}

/** Leads to a server on loopback, without TLS. */
export async function startTap(to: number): Promise<Tap> {
  let pattern: RegExp | undefined;
  let happens = (): Promise<void> => Promise.resolve();
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const behind = connect(to, '127.0.0.1');
    open.add(client).add(behind);
    client.on('error', () => behind.destroy()).on('close', () => behind.destroy());
    behind.on('error', () => client.destroy()).on('close', () => client.destroy());
    behind.pipe(client);
    client.on('data', (chunk) => {
      if (!pattern?.test(chunk.toString('latin1'))) return void behind.write(chunk);
      pattern = undefined;
      client.pause();
      const goOn = (): void => {
        behind.write(chunk);
        client.resume();
      };
      void happens().then(goOn, goOn);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    before(wanted, then) {
      pattern = wanted;
      happens = then;
    },
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
