import type { Client } from 'pg';
import { quoteName } from '../sql/quote.ts';

export interface InvalidIndex {
  readonly schema: string;
  readonly name: string;
}

/** Not those of partitioned tables, which wait for their parts, and not those that are just being built. */
const INVALID = `
  SELECT n.nspname AS schema, c.relname AS name FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname !~ '^pg_'
    AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index AS p WHERE p.index_relid = i.indexrelid)
  ORDER BY 1, 2`;

/**
 * Indexes that a CREATE INDEX CONCURRENTLY left when it did not end. They cost as others do, and no query uses them.
 *
 * @see https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
 */
export const readInvalidIndexes = async (client: Client): Promise<InvalidIndex[]> =>
  (await client.query<InvalidIndex>(INVALID)).rows;

/** A labelled line for each, with the statement that removes it. */
export const describeInvalid = (indexes: readonly InvalidIndex[]): string[] =>
  indexes.map(
    ({ schema, name }) =>
      `left       the invalid index ${schema}.${name}; remove it: DROP INDEX CONCURRENTLY ${quoteName(schema)}.${quoteName(name)}`,
  );
