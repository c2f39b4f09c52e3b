import { createServer } from 'node:net';

/**
 * Listens for a moment, to find out whether a port of this machine is free.
 *
 * @param port 0: any that is free
 * @returns the port
 * @throws Error with the code EADDRINUSE when another program has it, or why it cannot be had
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
