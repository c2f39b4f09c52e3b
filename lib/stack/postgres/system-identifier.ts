import type { Client } from 'pg';

/**
 * The server's system identifier: initdb creates it, and it is unique. Two queries, because the server rejects any
 * query that mentions a function which the role may not call, even if the query would not call it.
 *
 * @returns null if the role is not allowed to read it
 * @see https://www.postgresql.org/docs/current/functions-info.html
 */
export async function readSystemIdentifier(client: Client): Promise<string | null> {
  const { rows } = await client.query<{ may: boolean }>(
    `SELECT has_function_privilege('pg_control_system()', 'EXECUTE') AS may`,
  );
  if (!rows[0]!.may) return null;
  const found = await client.query<{ system: string }>(
    'SELECT system_identifier::text AS system FROM pg_control_system()',
  );
  return found.rows[0]!.system;
}
