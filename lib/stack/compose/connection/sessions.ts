import type { Client } from 'pg';
import type { SessionAs } from '../../postgres/session.ts';
import type { DatabaseSettings } from './login.ts';
import type { Engine } from '../engine/engine.ts';
import { connect } from './connect.ts';
import { spareOf, spares } from './spares.ts';

/**
 * Runs `work` with a client of the server in a container, one that stands already where there is one.
 *
 * @throws UnreachableError · FailedError when it cannot be connected
 */
export async function withSession<T>(
  engine: Engine,
  container: string,
  login: DatabaseSettings,
  database: string,
  work: (client: Client) => Promise<T>,
  as?: SessionAs,
): Promise<T> {
  const connecting = (): Promise<Client> => connect(engine, container, database, login, { as });
  // Nobody else shall get a session of another role, or with other settings.
  if (as) {
    const client = await connecting();
    return work(client).finally(() => client.end());
  }
  let isNew = false;
  const connectingAnew = (): Promise<Client> => ((isNew = true), connecting());
  return spares.use(spareOf(container, database), connectingAnew, async (client) => {
    if (!isNew) await (await import('../../postgres/session.ts')).pin(client);
    return work(client);
  });
}
