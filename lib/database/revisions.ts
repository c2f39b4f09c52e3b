import type { Client } from 'pg';
import { readColumn } from './read-column.ts';

/**
 * Tables that look like Alembic's version table (one column, `version_num`): env.py may choose any name and schema. The
 * first `alembic_version` on the search path $1, which Alembic finds without a schema, comes first.
 *
 * @see
 * https://alembic.sqlalchemy.org/en/latest/api/runtime.html#alembic.runtime.environment.EnvironmentContext.configure
 */
const VERSION_TABLES = `
  WITH usual AS (
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relname = 'alembic_version' AND nspname = ANY ($1::text[]) AND has_schema_privilege(n.oid, 'USAGE')
    ORDER BY array_position($1::text[], nspname::text) LIMIT 1)
  SELECT format('%I.%I', nspname, relname) AS name, c.oid IN (SELECT oid FROM usual) AS usual
  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_attribute a ON attrelid = c.oid
  WHERE attname = 'version_num' AND relkind = 'r' AND (relnatts = 1 OR c.oid IN (SELECT oid FROM usual))
    AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
  ORDER BY usual DESC, 1`;

interface VersionTable {
  readonly name: string;
  readonly usual: boolean;
}

/** The search path without our session's own setting: the one that the migrations get. */
const TEAM_PATH = `SELECT reset_val AS path, session_user AS "user" FROM pg_settings WHERE name = 'search_path'`;

async function versionTables(client: Client): Promise<VersionTable[]> {
  const { rows } = await client.query<{ path: string; user: string }>(TEAM_PATH);
  const { path, user } = rows[0]!;
  return (await client.query<VersionTable>(VERSION_TABLES, [schemasOf(path, user)])).rows;
}

/**
 * The schemas of a search path, in order, whether they exist or not.
 *
 * @param user replaces `$user`
 * @see https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-SEARCH-PATH
 */
export function schemasOf(path: string, user: string): string[] {
  const names = path.match(/"(?:[^"]|"")*"|[^",\s][^",]*/g) ?? [];
  return names.map((name) => {
    const schema = name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.trim().toLowerCase();
    return schema === '$user' ? user : schema;
  });
}

const readTable = async (client: Client, { name }: VersionTable): Promise<string[]> =>
  (await readColumn(client, name, 'version_num')).sort();

/**
 * Alembic's revisions of the database: none before the first migration, several if heads were not merged. Of several
 * version tables, reads the one with the usual name; without that one, none.
 */
export async function readRevisions(client: Client): Promise<string[]> {
  const [table, other] = await versionTables(client);
  if (table === undefined || (other !== undefined && !table.usual)) return [];
  return readTable(client, table);
}

/** The same, but undefined unless exactly one table can be the version table: then only Alembic can tell. */
export async function readCertainRevisions(client: Client): Promise<string[] | undefined> {
  const [table, other] = await versionTables(client);
  return table === undefined || other !== undefined ? undefined : readTable(client, table);
}

/**
 * The same, for display only: empty if no table can be the version table, undefined if several can and none has the
 * usual name.
 */
export async function readLikelyRevisions(client: Client): Promise<string[] | undefined> {
  const [table, other] = await versionTables(client);
  if (table === undefined) return [];
  return other === undefined || table.usual ? readTable(client, table) : undefined;
}

/** Tables that do not belong to PostgreSQL or an extension, except those named in $1. */
const TABLES = `
  SELECT EXISTS (
    SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'p') AND nspname !~ '^pg_' AND nspname <> 'information_schema'
      AND format('%I.%I', nspname, relname) <> ALL ($1::text[])
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
  ) AS found`;

/** Whether nothing was migrated yet and there are no other tables: no application can use this database. */
export async function isEmpty(client: Client): Promise<boolean> {
  const tables = await versionTables(client);
  for (const table of tables) if ((await readTable(client, table)).length > 0) return false;
  const { rows } = await client.query<{ found: boolean }>(TABLES, [tables.map(({ name }) => name)]);
  return !rows[0]!.found;
}

/** The heads that the database is not at; empty if it is at head. */
export const missingHeads = (at: readonly string[], heads: readonly string[]): string[] =>
  heads.filter((id) => !at.includes(id));

/** The revisions as a sentence about the database: `is at 0012`. */
export const describeRevisions = (at: readonly string[]): string =>
  at.length === 0 ? 'has no revision' : `is at ${at.join(', ')}`;
