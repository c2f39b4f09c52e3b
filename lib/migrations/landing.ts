import type { Client } from 'pg';
import { quoteName } from '../sql/quote.ts';
import { readColumn } from '../database/read-column.ts';
import type { Plan } from '../stack/alembic/report.ts';

/** Tables of that name that can be a version table of Alembic. */
const CANDIDATES = `
  SELECT nspname AS schema FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n
    ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  WHERE c.relname OPERATOR(pg_catalog.=) $1::pg_catalog.name AND c.relkind OPERATOR(pg_catalog.=) 'r'
    AND ($2::pg_catalog.name IS NULL OR n.nspname OPERATOR(pg_catalog.=) $2::pg_catalog.name)
    AND EXISTS (SELECT FROM pg_catalog.pg_attribute AS a WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid
      AND a.attname OPERATOR(pg_catalog.=) 'version_num'::pg_catalog.name)
  ORDER BY 1`;

/** The revisions in a version table, compared with those that Alembic planned for it. */
export interface Landing {
  readonly planned: readonly string[];
  /**
   * The revisions in each possible table. There is only one, unless several schemas have such a table and Alembic does
   * not say which schema it uses.
   */
  readonly found: readonly (readonly string[])[];
}

/** Reads, in our own session, the version tables that Alembic may have meant. */
export async function readLanding(client: Client, { plan, table, schema }: Plan): Promise<Landing> {
  const { rows } = await client.query<{ schema: string }>(CANDIDATES, [table, schema]);
  const found: string[][] = [];
  for (const { schema: where } of rows) {
    const name = `${quoteName(where)}.${quoteName(table)}`;
    found.push((await readColumn(client, name, 'version_num')).sort());
  }
  return { planned: [...plan].sort(), found };
}

/** Whether the database is at the planned revisions. No version table counts as no revision. */
export const hasLanded = ({ planned, found }: Landing): boolean =>
  (found.length === 0 ? [[]] : found).some((held) => held.join('\n') === planned.join('\n'));
