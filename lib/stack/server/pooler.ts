import type { Client } from 'pg';
import { ConfigurationError } from '../../errors.ts';
import { within } from '../../system/limit.ts';
import { LIMITS } from '../../system/limits.ts';
import { askBackend, backendOf } from '../postgres/backend.ts';

/**
 * Refuses a pooler that gives each transaction another session of the server (pgbouncer: `pool_mode = transaction`).
 * There our settings and locks would reach the sessions of others, and would not protect ours. A pooler that keeps a
 * session for each client is as good as none.
 *
 * @param first nothing may be set in it yet: who comes next could get it
 * @param open opens a second session at the same address, as plain
 * @returns whether there is a pooler: then each session has to ask for its process ID (`askBackend`)
 * @throws ConfigurationError if there is such a pooler
 * @see https://www.pgbouncer.org/features.html
 */
export async function refuseTransactionPooling(
  first: Client,
  open: () => Promise<Client>,
  address: string,
): Promise<boolean> {
  const said = backendOf(first);
  const process = await askBackend(first);
  // The server tells each session its own process ID. A pooler tells its clients one that it made up.
  if (said === process) return false;
  const second = await open();
  try {
    // In its transaction the second session keeps what it got. It got the first one's, or the first one gets another.
    await second.query('BEGIN');
    if ((await askBackend(second)) !== process && (await askBackend(first)) === process) return true;
  } catch (error) {
    // `pool_mode = statement` refuses transactions.
    if (!/transaction/.test(String(error))) throw error;
  } finally {
    await second.end();
  }
  throw new ConfigurationError(
    `${address} is a pooler that gives each transaction another session: nothing that is locked or set there would hold`,
    {
      hint: 'have server.host and server.port in env/environments.ts lead to the server itself, or to a pool by session (pgbouncer: pool_mode = session)',
    },
  );
}

/**
 * A session that a pooler has lent us, for as long as we keep it: asks for its process ID, and gives it back without our
 * settings and locks. The pooler itself does so unless its `server_reset_query` is empty.
 */
export async function keepNothing(client: Client): Promise<void> {
  await askBackend(client);
  const end = client.end.bind(client);
  client.end = async () => {
    // In a transaction that has failed it is refused: then the pooler closes the session.
    await within(LIMITS.goodbye, client.query('DISCARD ALL')).catch(() => {});
    await end();
  };
}
