import pg from 'pg';
import { FailedError, UnreachableError, messageOf } from '../../errors.ts';
import type { Home } from './server.ts';

export interface LocalServer {
  readonly home: Home;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** For the hint when the password is wrong. */
  readonly environment: string;
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const INVALID_PASSWORD = '28P01';

/**
 * Runs `work` with a client of an embedded server, and of no other that answers on its port.
 *
 * @throws UnreachableError when nothing answers, or another server
 * @throws FailedError when the server refuses: no such database, wrong password
 */
export async function withLocalClient<T>(
  server: LocalServer,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const { database, user, password, port } = server;
  // Every field, because pg takes a missing one from PG* variables.
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    database,
    user,
    password,
    ssl: false,
    application_name: 'makesafe',
  });
  // Without a listener, a connection that is lost between two queries ends the process.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    throw connectionError(error, server);
  }
  try {
    await checkIdentity(client, server);
    return await work(client);
  } finally {
    await client.end();
  }
}

async function checkIdentity(client: pg.Client, { home, port }: LocalServer): Promise<void> {
  const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
  const found = rows[0]!.data_directory;
  if (found === home.data) return;
  throw new UnreachableError(`another server answers on 127.0.0.1:${port}, with its data in ${found}`);
}

function connectionError(error: unknown, { database, environment }: LocalServer): Error {
  if (!(error instanceof pg.DatabaseError)) {
    return new UnreachableError(`the database does not answer: ${messageOf(error)}`, { cause: error });
  }
  const wrong = error.code === INVALID_PASSWORD;
  const hint = `the data was made with another password than secrets/.env.${environment}.secrets has now`;
  return new FailedError(`the server refuses database ${database}: ${messageOf(error)}`, {
    cause: error,
    ...(wrong ? { hint } : {}),
  });
}
