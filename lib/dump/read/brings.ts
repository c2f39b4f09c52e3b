import type { Client } from 'pg';
import { counted, grouped } from '../../output/display.ts';
import { FailedError } from '../../errors.ts';
import { quoteName } from '../../sql/quote.ts';
import type { Statement } from '../../sql/lexer.ts';
import { nameOf, schemaMadeBy } from './forms.ts';

export { RowCounter } from './row-counter.ts';

/** The data of a table in a file: none, a number of COPY rows, or INSERT statements. */
type TableData = 'none' | 'statements' | number;

/** What a dump contains, according to the dump itself. */
export interface Brings {
  /** By `schema.name`. */
  readonly tables: ReadonlyMap<string, TableData>;
  readonly sequences: number;
  /** Number of data sections for tables that the dump does not create. */
  readonly orphans: number;
}

/** Collects the contents while the dump is read. */
export class Bringing implements Brings {
  readonly tables = new Map<string, TableData>();
  sequences = 0;
  orphans = 0;

  readonly #schemas = new Set(['public']);
  readonly #needed = new Set<string>();

  /** Schemas that its tables are in and that it does not create. */
  get missingSchemas(): string[] {
    return [...this.#needed].filter((schema) => !this.#schemas.has(schema));
  }

  table(schema: string, name: string): void {
    this.#needed.add(schema);
    const key = keyOf(schema, name);
    if (!this.tables.has(key)) this.tables.set(key, 'none');
  }

  data(schema: string, name: string, data: TableData): void {
    const key = keyOf(schema, name);
    const known = this.tables.get(key);
    // A dump has no CREATE TABLE for a table of an extension.
    if (known === undefined) {
      this.orphans += 1;
      return;
    }
    this.tables.set(key, typeof known === 'number' && typeof data === 'number' ? known + data : data);
  }

  /** Adds a statement of a plain dump. @param rows number of rows of COPY data that follow it */
  statement({ words, sql }: Statement, rows: number | undefined): void {
    const [first, second] = words;
    const beginning = sql.slice(0, LONGEST_HEAD);
    const schema = schemaMadeBy({ words, sql });
    if (schema !== undefined) this.#schemas.add(schema);
    else if (first === 'CREATE' && TABLE.test(beginning)) this.table(...named(TABLE, beginning));
    else if (first === 'COPY' && rows !== undefined) this.data(...named(COPY, beginning), rows);
    else if (first === 'INSERT') this.data(...named(INSERT, beginning), 'statements');
    else if (first === 'CREATE' && second === 'SEQUENCE') this.sequences += 1;
    else if (first === 'ALTER' && IDENTITY.test(beginning)) this.sequences += 1;
  }
}

const LONGEST_HEAD = 4096;
const NAME = String.raw`("(?:[^"]|"")+"|[a-z_\u0080-\uffff][\w$\u0080-\uffff]*)`;
const head = (text: string): RegExp =>
  new RegExp(String.raw`^(?:\s|--[^\n\r]*[\n\r])*${text}\s+${NAME}(?:\s*\.\s*${NAME})?`, 'i');
const TABLE = head(String.raw`CREATE\s+(?:UNLOGGED\s+)?TABLE(?:\s+IF\s+NOT\s+EXISTS)?`);
const COPY = head('COPY');
const INSERT = head(String.raw`INSERT\s+INTO`);
const IDENTITY = /\bADD\s+GENERATED\s+(?:ALWAYS|BY\s+DEFAULT)\s+AS\s+IDENTITY\b/i;

function named(form: RegExp, text: string): [schema: string, name: string] {
  const [, first = '', second] = form.exec(text) ?? [];
  return second === undefined ? ['public', nameOf(first)] : [nameOf(first), nameOf(second)];
}

const keyOf = (schema: string, name: string): string => `${schema}.${name}`;

/** A table in a database. */
export interface TableThere {
  readonly name: string;
  /** Whether it has rows, as far as the catalog and the statistics tell. */
  readonly filled: boolean;
}

/** The same relations that pg_dump dumps: not those of extensions. */
const OWN_RELATIONS = `
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = relnamespace
  WHERE relpersistence <> 't' AND nspname !~ '^pg_' AND nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend
                    WHERE classid = 'pg_catalog.pg_class'::regclass AND objid = c.oid AND deptype = 'e')`;

/** The tables of a database, from the catalog only: reading a table could run functions of its owner. */
export async function tablesOf(client: Client): Promise<TableThere[]> {
  const { rows } = await client.query<TableThere>(
    `SELECT nspname || '.' || relname AS name,
       relkind = 'r' AND pg_relation_size(c.oid) > 0
         AND NOT (reltuples = 0 AND coalesce(pg_stat_get_live_tuples(c.oid), 0) = 0) AS filled
     ${OWN_RELATIONS} AND relkind IN ('r', 'p') ORDER BY 1`,
  );
  return rows;
}

/** Number of table names in one message. */
const SHOWN = 5;

function list(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).join(', ');
  return names.length > SHOWN ? `${shown}, and ${grouped(names.length - SHOWN)} more` : shown;
}

/** Whether it creates tables, but has no data for any of them. */
export const bringsNoData = ({ tables }: Brings): boolean =>
  tables.size > 0 && [...tables.values()].every((data) => data === 'none');

/** What the database has now and the dump has not, one sentence each. */
export function lacks({ tables }: Brings, there: readonly TableThere[]): string[] {
  const missing = there.filter(({ name }) => !tables.has(name)).map(({ name }) => name);
  const filled = there.filter((table) => table.filled);
  const bringsRows = [...tables.values()].some(
    (data) => data === 'statements' || (data !== 'none' && data > 0),
  );
  const empty = filled
    .filter(({ name }) => tables.has(name) && (tables.get(name) === 'none' || !bringsRows))
    .map(({ name }) => name);
  return [
    ...(tables.size < there.length
      ? [
          `it has ${counted(tables.size, 'table')}, and the database has ${grouped(there.length)}: without ${list(missing)}`,
        ]
      : []),
    ...(empty.length > 0 ? [`it has no data for ${list(empty)}, where the database has rows`] : []),
  ];
}

/** What a database contains after a restore. */
export interface Found {
  readonly tables: number;
  readonly rows: number;
  readonly sequences: number;
}

/**
 * Counts what was restored, and compares it with what the dump says.
 *
 * @param client as the role of the restore: to read a table may run functions of the role that defined its indexes
 * @param brings undefined for a script, which does not say what it contains
 * @throws FailedError with what is missing
 */
export async function lookAtBrought(
  client: Client,
  name: string,
  brings: Brings | undefined,
): Promise<Found> {
  const { rows: relations } = await client.query<{
    schema: string;
    name: string;
    kind: string;
    forced: boolean;
    readable: boolean;
  }>(
    `SELECT nspname AS schema, relname AS name, relkind AS kind, relforcerowsecurity AS forced,
            has_table_privilege(c.oid, 'SELECT') AS readable
     ${OWN_RELATIONS} AND relkind IN ('r', 'p', 'S') ORDER BY 1, 2`,
  );
  const sequences = relations.filter(({ kind }) => kind === 'S').length;
  const tables = relations.filter(({ kind }) => kind !== 'S');
  if (brings && brings.tables.size !== tables.length)
    throw new FailedError(
      `${name} has ${counted(brings.tables.size, 'table')}, and ${tables.length} were restored`,
    );
  if (brings && brings.sequences > sequences)
    throw new FailedError(
      `${name} has ${counted(brings.sequences, 'sequence')}, and ${sequences} were restored`,
    );
  let rows = 0;
  for (const table of tables) {
    const said = brings?.tables.get(keyOf(table.schema, table.name));
    const expected = typeof said === 'number' ? said : undefined;
    if ((table.kind === 'p' || !table.readable) && expected === undefined) continue;
    const found = await countRows(client, table);
    if (table.kind === 'r') rows += found;
    if (expected !== undefined && expected !== found)
      throw new FailedError(
        `${name} has ${counted(expected, 'row')} of ${table.schema}.${table.name}, and ${grouped(found)} are there`,
      );
  }
  return { tables: tables.length, rows, sequences };
}

async function countRows(
  client: Client,
  { schema, name, kind, forced }: { schema: string; name: string; kind: string; forced: boolean },
): Promise<number> {
  const table = `${quoteName(schema)}.${quoteName(name)}`;
  const count = async (): Promise<number> => {
    const { rows } = await client.query<{ count: string }>(
      `SELECT pg_catalog.count(*) AS count FROM ${kind === 'r' ? 'ONLY ' : ''}${table}`,
    );
    return Number(rows[0]!.count);
  };
  if (!forced) return count();
  // With FORCE ROW LEVEL SECURITY the policies also apply to the owner, and would hide rows.
  await client.query(`BEGIN; ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`);
  try {
    return await count();
  } finally {
    await client.query('ROLLBACK');
  }
}

/** `12 tables, 1,234 rows, 3 sequences` */
export const describeFound = ({ tables, rows, sequences }: Found): string =>
  [
    counted(tables, 'table'),
    counted(rows, 'row'),
    ...(sequences > 0 ? [counted(sequences, 'sequence')] : []),
  ].join(', ');
