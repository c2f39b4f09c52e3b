import type { Client } from 'pg';

/**
 * Tables of the form that Alembic gives its own, one column `version_num`: what such a table is called and where it is,
 * is for env.py to say. The one that goes by the usual name without a schema comes first.
 *
 * @see https://alembic.sqlalchemy.org/en/latest/api/runtime.html#alembic.runtime.environment.EnvironmentContext.configure
 */
const VERSION_TABLES = `
  SELECT format('%I.%I', nspname, relname) AS name, c.oid = coalesce(to_regclass('alembic_version'), 0) AS usual
  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_attribute a ON attrelid = c.oid
  WHERE attname = 'version_num' AND relkind = 'r' AND (relnatts = 1 OR c.oid = to_regclass('alembic_version'))
    AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
  ORDER BY usual DESC, 1`;

interface VersionTable {
  readonly name: string;
  readonly usual: boolean;
}

const versionTables = async (client: Client): Promise<VersionTable[]> =>
  (await client.query<VersionTable>(VERSION_TABLES)).rows;

async function readTable(client: Client, { name }: VersionTable): Promise<string[]> {
  const { rows } = await client.query<{ version_num: string }>(`SELECT version_num FROM ${name} ORDER BY 1`);
  return rows.map(({ version_num }) => version_num);
}

/**
 * Alembic's revisions of the database: none before the first migration, several where heads were not merged. Of several
 * version tables the one with the usual name counts, if there is one.
 */
export async function readRevisions(client: Client): Promise<string[]> {
  const [table, other] = await versionTables(client);
  if (table === undefined || (other !== undefined && !table.usual)) return [];
  return readTable(client, table);
}

/** The same; undefined where not exactly one table can be it, and only Alembic knows. */
export async function readCertainRevisions(client: Client): Promise<string[] | undefined> {
  const [table, other] = await versionTables(client);
  return table === undefined || other !== undefined ? undefined : readTable(client, table);
}
