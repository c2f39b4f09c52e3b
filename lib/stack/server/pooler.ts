import type { Client } from 'pg';
import { ConfigurationError } from '../../errors.ts';

/** A session, and the process ID that it was told at its start. */
type Session = Client & { readonly processID?: number | null };

/**
 * Refuses a pooler that gives each transaction another session of the server (pgbouncer: `pool_mode = transaction`).
 * There our settings and locks would reach the sessions of others, and would not protect ours. A pooler that keeps a
 * session for each client is as good as none.
 *
 * @param open opens a second session at the same address
 * @throws ConfigurationError if there is such a pooler
 * @see https://www.pgbouncer.org/features.html
 */
export async function refuseTransactionPooling(
  first: Session,
  open: () => Promise<Client>,
  address: string,
): Promise<void> {
  const process = await backendOf(first);
  // The server tells each session its own process ID. A pooler tells its clients one that it made up.
  if (first.processID === process) return;
  const second = await open();
  try {
    // In its transaction the second session keeps what it got. It got the first one's, or the first one gets another.
    await second.query('BEGIN');
    if ((await backendOf(second)) !== process && (await backendOf(first)) === process) return;
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

async function backendOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ process: number }>('SELECT pg_catalog.pg_backend_pid() AS process');
  return rows[0]!.process;
}
