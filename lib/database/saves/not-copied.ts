import type { Client } from 'pg';

/**
 * What belongs to a database, and is not in a copy that CREATE DATABASE makes of it: `subscription s`. They are kept in
 * catalogs of the whole server.
 *
 * @param client of any database of the server
 */
export async function notCopied(client: Client, name: string): Promise<string[]> {
  const { rows } = await client.query<{ what: string }>(
    `SELECT 'subscription ' || subname AS what
     FROM pg_catalog.pg_subscription JOIN pg_catalog.pg_database AS d ON d.oid = subdbid WHERE datname = $1
     UNION ALL SELECT 'replication slot ' || slot_name FROM pg_catalog.pg_replication_slots WHERE database = $1
     ORDER BY 1`,
    [name],
  );
  return rows.map(({ what }) => what);
}
