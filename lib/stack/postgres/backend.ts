import type { Client } from 'pg';

type Session = Client & { readonly processID?: number | null };

/** The process IDs that the server itself has told, of sessions behind a pooler. */
const told = new WeakMap<Client, number>();

/**
 * The process ID of a session's backend: the server tells it at the start. A pooler tells its clients one that it made up,
 * until `askBackend`.
 */
export const backendOf = (client: Client): number | undefined =>
  told.get(client) ?? (client as Session).processID ?? undefined;

/** Asks the server for it. Behind a pooler by transaction it is another one the next time. */
export async function askBackend(client: Client): Promise<number> {
  const { rows } = await client.query<{ process: number }>('SELECT pg_catalog.pg_backend_pid() AS process');
  const { process } = rows[0]!;
  told.set(client, process);
  return process;
}
