import { addressOf, tlsOf } from '../../environment/server-entry.ts';
import { passed, warning, type Check } from '../../output/check-result.ts';
import { openConnection, type Server } from './connection.ts';

/** Checks that the server answers, and how far TLS proves its identity. Every session checks the password anyway. */
export const ENGINE: Check<Server> = {
  name: 'engine',
  async look(server) {
    (await openConnection(server)).destroy();
    const tls = tlsOf(server);
    const found = `PostgreSQL server ${addressOf(server)}, TLS ${tls}`;
    return tls.startsWith('verify-')
      ? passed(found)
      : warning(
          `${found}: nobody looks whether it is the one`,
          "state server.caFile, and server.tls: 'verify-full'",
        );
  },
};
