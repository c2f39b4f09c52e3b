import { once } from 'node:events';
import type { Client } from 'pg';

/**
 * The values of a text column of any table, without NULLs. COPY of a table needs no planner. With SELECT, the planner
 * could run functions of the table's indexes with our rights (perhaps a superuser's), and a view runs its own
 * functions.
 *
 * @param table quoted, with its schema
 * @param column quoted
 * @see https://www.postgresql.org/docs/current/sql-copy.html
 */
export async function readColumn(client: Client, table: string, column: string): Promise<string[]> {
  return (await copyOut(client, `COPY ${table} (${column}) TO STDOUT`))
    .split('\n')
    .slice(0, -1)
    .filter((value) => value !== '\\N')
    .map(unescape);
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

const unescape = (value: string): string =>
  value.replaceAll(/\\([^])/g, (_all, letter: string) => ESCAPES[letter] ?? letter);

/** pg reads the answer to a COPY but drops the data; this collects it. */
async function copyOut(client: Client, sql: string): Promise<string> {
  const { Query } = (await import('pg')).default;
  const chunks: Buffer[] = [];
  const query = new Query(sql);
  const copied = once(query, 'end');
  const handleCopyData = ({ chunk }: { readonly chunk: Buffer }): void => void chunks.push(chunk);
  client.query(Object.assign(query, { handleCopyData }));
  await copied;
  return Buffer.concat(chunks).toString();
}
