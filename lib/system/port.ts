import { createServer } from 'node:net';

/**
 * Listens on a port of this machine for a moment, to find out whether it is free.
 *
 * @param port 0 for any free port
 * @returns the port
 * @throws Error with the code EADDRINUSE if another program has the port, or another code if listening fails
 */
export function listenBriefly(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}
