import type { Client } from 'pg';
import type { DatabaseSettings } from './login.ts';
import type { Engine } from '../engine/engine.ts';
import { takesPassword } from './password.ts';
import { connect, type ConnectOptions } from './connect.ts';
import { spareOf, spares } from './spares.ts';

/** Has the server of a container answer once, while other things take their time, and keeps what comes of it. */
export interface Greeting {
  /** @throws UnreachableError · FailedError when it does not answer */
  readonly greet: (container: string, how: ConnectOptions) => Promise<void>;
  /** Whether it takes our password, asked at the same time, once; undefined where that could not be told. */
  readonly takesPassword: (container: string) => Promise<boolean | undefined>;
}

export function greeting(engine: Engine, settings: DatabaseSettings): Greeting {
  const passwords = new Map<string, Promise<boolean | undefined>>();
  return {
    async greet(container, how) {
      if (!passwords.has(container)) {
        const asked = takesPassword(engine, container, settings, how);
        passwords.set(
          container,
          asked.catch(() => void passwords.delete(container)),
        );
      }
      const connecting = (): Promise<Client> => connect(engine, container, settings.name, settings, how);
      await spares.use(spareOf(container, settings.name), connecting, (client) => client.query('SELECT 1'));
    },

    async takesPassword(container) {
      const taken = await passwords.get(container);
      passwords.delete(container);
      return taken ?? takesPassword(engine, container, settings).catch(() => undefined);
    },
  };
}
