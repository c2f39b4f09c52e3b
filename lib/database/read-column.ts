import { text } from 'node:stream/consumers';
import type { Client } from 'pg';

/**
 * The values of a text column of somebody else's table, NULLs left out. COPY of a table asks no planner: with a SELECT the
 * planner would run functions of the table's indexes, and a view or a rule its own, with our rights, which may be a
 * superuser's.
 *
 * @param table quoted, with its schema
 * @param column quoted
 *
 * @see https://www.postgresql.org/docs/current/sql-copy.html
 */
export async function readColumn(client: Client, table: string, column: string): Promise<string[]> {
  const { to } = await import('pg-copy-streams');
  const copied = await text(client.query(to(`COPY ${table} (${column}) TO STDOUT`)));
  return copied
    .split('\n')
    .slice(0, -1)
    .filter((value) => value !== '\\N')
    .map(unescape);
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

const unescape = (value: string): string =>
  value.replaceAll(/\\([^])/g, (_all, letter: string) => ESCAPES[letter] ?? letter);
