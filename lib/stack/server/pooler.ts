import type { Client } from 'pg';
import { ConfigurationError } from '../../errors.ts';
import { askBackend, backendOf } from '../postgres/backend.ts';

/**
 * Refuses a pooler that gives each transaction another session of the server (pgbouncer: `pool_mode = transaction`).
 * There our settings and locks would reach the sessions of others, and would not protect ours. A pooler that keeps a
 * session for each client is as good as none.
 *
 * @param open opens a second session at the same address
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
