import type { Client } from 'pg';
import { quoteName } from '../../sql/quote.ts';
import { WALL } from '../../stack/postgres/wall-functions.ts';
import { CATALOG_COLUMNS, columnsOf } from './catalog-columns.ts';

/**
 * Checks whether a dump shows everything that the catalogs hold. pg_dump leaves some objects out without an error:
 * subscriptions, if its role is not a superuser, and whatever users put into system schemas.
 *
 * @returns a function that returns the problems as sentences; it takes the catalog and object oids of what was dumped
 */
export async function readCoverage(
  client: Client,
): Promise<(dumped: ReadonlySet<string>) => Promise<string[]>> {
  const { rows: catalogs } = await client.query<Present>(CATALOGS);
  const { rows: unknown } = await client.query<{ what: string }>(UNKNOWN);
  const { rows: hidden } = await client.query<{ count: number }>(HIDDEN_MAPPINGS);
  const { rows: present } = await client.query<{ catalog: string; oids: string[] }>(objectsIn(catalogs));
  const sentences = [
    ...unknown.map(({ what }) => `${what} is ${UNKNOWN_HERE}`),
    ...(await unknownCatalogs(client, catalogs)),
  ];
  if (hidden[0]!.count > 0) {
    sentences.push(`options of ${hidden[0]!.count} user mappings are hidden from the role that read`);
  }
  return async (dumped) => {
    const missing = present
      .flatMap(({ catalog, oids }) => oids.map((oid) => `${catalog}/${oid}`))
      .filter((id) => !dumped.has(id));
    if (missing.length === 0) return sentences;
    const { rows } = await client.query<{ what: string }>(NAMED, [missing.slice(0, MOST_NAMED)]);
    const left = missing.length - rows.length;
    const all = [...rows.map(({ what }) => what), ...(left > 0 ? [`${left} more`] : [])];
    return [...sentences, `in the catalogs and not in the dump: ${all.join(', ')}`];
  };
}

interface Present {
  readonly catalog: string;
  readonly columns: readonly string[];
}

const UNKNOWN_HERE = 'not known to this version of makesafe';
const MOST_NAMED = 20;
const NAMED = `
  SELECT concat(type, ' ', identity) AS what
  FROM unnest($1::text[]) AS id, pg_identify_object(split_part(id, '/', 1)::oid, split_part(id, '/', 2)::oid, 0)
  ORDER BY 1`;

/** Not parts of extensions: they come with the extension. Not internal dependents: they come with their object. */
const own = (table: string): string => `
  o.oid >= 16384 AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = '${table}'::regclass AND d.objid = o.oid AND d.objsubid = 0 AND deptype IN ('e', 'i'))`;

const NO_TEMPORARY = `NOT IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_(toast|temp)')`;

/** Catalogs for which pg_dump has an entry for every row. */
const WHOLE = [
  ...['pg_opclass', 'pg_opfamily', 'pg_collation', 'pg_conversion', 'pg_cast', 'pg_transform', 'pg_language'],
  ...['pg_ts_parser', 'pg_ts_dict', 'pg_ts_template', 'pg_ts_config', 'pg_extension', 'pg_am'],
  ...['pg_foreign_data_wrapper', 'pg_foreign_server', 'pg_event_trigger', 'pg_policy', 'pg_statistic_ext'],
  ...['pg_publication', 'pg_publication_rel', 'pg_publication_namespace'],
];

/** Catalogs for which it has an entry for some rows. Sequences of identity columns are internal dependents. */
const IN_PART: Readonly<Record<string, string>> = {
  pg_namespace: `nspname !~ '^pg_(toast|temp)'`,
  pg_class: `relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND relnamespace ${NO_TEMPORARY}`,
  pg_proc: `pronamespace ${NO_TEMPORARY}`,
  pg_type: `typisdefined AND (typtype IN ('b', 'd', 'e', 'r') AND typelem = 0
      OR typtype = 'c' AND (SELECT relkind FROM pg_class WHERE pg_class.oid = typrelid) = 'c') AND typnamespace ${NO_TEMPORARY}`,
  pg_operator: 'oprcode <> 0',
  // A wall is no part of the schema.
  pg_subscription: `subdbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND subname <> '${WALL}'`,
  pg_trigger: 'NOT tgisinternal AND tgparentid = 0',
  pg_rewrite: `rulename <> '_RETURN'`,
};

/** Only for catalogs that the server has: an older server has fewer. */
function objectsIn(catalogs: readonly Present[]): string {
  const there = new Set(catalogs.map(({ catalog }) => catalog));
  return [...WHOLE.map((table): [string, string] => [table, 'true']), ...Object.entries(IN_PART)]
    .filter(([table]) => there.has(table))
    .map(
      ([table, condition]) =>
        `SELECT '${table}'::regclass::oid::text AS catalog, coalesce(array_agg(oid::text), '{}') AS oids
         FROM ${table} o WHERE ${own(table)} AND ${condition}`,
    )
    .join(' UNION ALL ');
}

const UNKNOWN = `
  SELECT DISTINCT format('relkind %L in pg_class', relkind) AS what FROM pg_class WHERE relkind <> ALL ('{r,i,S,t,v,m,c,f,p,I}')
  UNION ALL SELECT DISTINCT format('prokind %L in pg_proc', prokind) FROM pg_proc WHERE prokind <> ALL ('{f,p,a,w}')
  UNION ALL SELECT DISTINCT format('typtype %L in pg_type', typtype) FROM pg_type WHERE typtype <> ALL ('{b,c,d,e,p,r,m}')
  UNION ALL SELECT DISTINCT format('contype %L in pg_constraint', contype) FROM pg_constraint
    WHERE contype <> ALL ('{c,f,p,u,t,x,n}')`;

/** A role that is not a superuser sees only the options of its own mapping. */
const HIDDEN_MAPPINGS = `
  SELECT count(*)::int AS count FROM pg_user_mappings
  WHERE umoptions IS NULL AND usename <> current_user
    AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)`;

/** System catalogs only, without tables that somebody added. */
const CATALOGS = `
  SELECT relname AS catalog, array_agg(attname::text ORDER BY attname) AS columns
  FROM pg_class c JOIN pg_attribute ON attrelid = c.oid
  WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r' AND c.oid < 16384 AND attnum > 0 AND NOT attisdropped
  GROUP BY relname ORDER BY relname`;

/** Sentences that name unknown catalogs that have rows, and unknown columns. */
async function unknownCatalogs(client: Client, catalogs: readonly Present[]): Promise<string[]> {
  const sentences: string[] = [];
  for (const { catalog, columns } of catalogs) {
    const known = CATALOG_COLUMNS[catalog];
    if (known) {
      const all = new Set(columnsOf(known));
      const others = columns.filter((column) => !all.has(column));
      sentences.push(...others.map((column) => `column ${column} of catalog ${catalog} is ${UNKNOWN_HERE}`));
    } else {
      const { rowCount } = await client.query(`SELECT FROM pg_catalog.${quoteName(catalog)} LIMIT 1`);
      if (rowCount !== 0) sentences.push(`catalog ${catalog} is ${UNKNOWN_HERE}, and not empty`);
    }
  }
  return sentences;
}
