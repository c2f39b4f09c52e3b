import { connect, type Socket } from 'node:net';
import type { Client } from 'pg';
import type { Environment } from '../../environment/resolve.ts';
import { maintenanceDatabase } from '../postgres/maintenance-database.ts';
import { UnreachableError } from '../../errors.ts';
import { connectionError } from '../postgres/client.ts';
import type { Login } from '../postgres/login.ts';
import { otherPassword } from '../postgres/password.ts';
import { openSession, type SessionAs } from '../postgres/session.ts';
import type { AskElsewhere } from '../postgres/watch-session.ts';
import type { Home } from './server.ts';

interface LocalServer extends Login {
  readonly home: Home;
  readonly port: number;
  readonly environment: Environment;
  /**
   * Whether to check which server answers. Not for another role than the environment's: it may not read data_directory.
   * makesafe has just created that role on this server, so no other server lets it log in.
   */
  readonly mayAsk: boolean;
}

/** Connects to a port of this machine's loopback address, whichever program listens there. */
export const connectLocally = (port: number): ReturnType<typeof connect> =>
  connect({ host: '127.0.0.1', port, noDelay: true });

/**
 * Runs `work` with a client of an embedded server. Checks that no other server answers on its port.
 *
 * @throws UnreachableError when nothing answers, or another server
 * @throws FailedError when the server refuses: no such database, wrong password
 */
export async function withLocalClient<T>(
  server: LocalServer,
  work: (client: Client) => Promise<T>,
  as?: SessionAs,
): Promise<T> {
  const maintenance = { ...server, database: maintenanceDatabase(server.database) };
  return withClient(server, work, as, (question) => withClient(maintenance, question));
}

/** @param elsewhere asks on another session what happened to this one while it is silent */
async function withClient<T>(
  server: LocalServer,
  work: (client: Client) => Promise<T>,
  as?: SessionAs,
  elsewhere?: AskElsewhere,
): Promise<T> {
  const { database, environment } = server;
  let connection: Socket | undefined;
  const connecting = (): Socket => (connection = connectLocally(server.port));
  const how = { as, elsewhere, server: `${server.home.data} ${server.port}` };
  const client = await openSession(connecting, server, how).catch((error: unknown) => {
    connection?.destroy();
    throw connectionError(error, database, {
      otherPassword: (cause) => otherPassword(environment, server, undefined, cause),
      make:
        database === environment.variables.get('POSTGRES_DB')?.value
          ? `make up ENV=${environment.name}`
          : undefined,
    });
  });
  try {
    if (server.mayAsk) await checkIdentity(client, server);
    return await work(client);
  } finally {
    await client.end();
  }
}

async function checkIdentity(client: Client, { home, port }: LocalServer): Promise<void> {
  // The database may set a role or a limit for its sessions: neither may change this query.
  const results: unknown = await client.query(
    'BEGIN; SET LOCAL ROLE NONE; SET LOCAL statement_timeout = 0; SHOW data_directory; COMMIT',
  );
  const [found] = (results as { rows: { data_directory: string }[] }[]).flatMap(({ rows }) =>
    rows.map((row) => row.data_directory),
  );
  if (found === home.data) return;
  throw new UnreachableError(`another server answers on 127.0.0.1:${port}, with its data in ${found}`);
}
