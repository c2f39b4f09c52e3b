import type { Client } from 'pg';

/**
 * The server's own number: initdb makes it, and no two have the same. Two questions, because the server refuses one that
 * only mentions a function which the role may not call.
 *
 * @see https://www.postgresql.org/docs/current/functions-info.html
 *
 * @returns null when the role may not read it
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
