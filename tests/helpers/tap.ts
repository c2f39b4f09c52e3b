import { connect, createServer, type Socket } from 'node:net';

/** A way to a server that sees what clients send, and can hold it up. */
export interface Tap {
  readonly port: number;
  /**
   * The next time that a client sends something that matches, `happens` runs before it reaches the server. What it sends
   * first asks for a session.
   */
  readonly before: (pattern: RegExp, happens: () => Promise<void>) => void;
  readonly close: () => void;
}

/** Leads to a server on loopback, without TLS. */
export async function startTap(to: number): Promise<Tap> {
  let pattern: RegExp | undefined;
  let happens = (): Promise<void> => Promise.resolve();
  const open = new Set<Socket>();
  const server = createServer((client) => {
    let behind: Socket | undefined;
    open.add(client);
    client.on('error', () => behind?.destroy()).on('close', () => behind?.destroy());
    /** The client speaks first. What happens before that, happens before there is a session. */
    const send = (chunk: Buffer): void => {
      if (client.destroyed) return;
      if (!behind) {
        behind = connect(to, '127.0.0.1');
        open.add(behind);
        behind.on('error', () => client.destroy()).on('close', () => client.destroy());
        behind.pipe(client);
      }
      behind.write(chunk);
    };
    client.on('data', (chunk) => {
      if (!pattern?.test(chunk.toString('latin1'))) return send(chunk);
      pattern = undefined;
      client.pause();
      const goOn = (): void => {
        send(chunk);
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
