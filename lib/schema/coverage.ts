import type { Client } from 'pg';

/**
 * Whether a dump shows everything that the catalogs hold. pg_dump leaves things out without a failure: subscriptions,
 * when its role is no superuser, and whatever users put into schemas of the system's.
 *
 * @returns what tells the sentences, once the entries of the dump are counted by kind
 */
export async function readCoverage(
  client: Client,
): Promise<(dumped: ReadonlyMap<string, number>) => string[]> {
  const { rows: unknown } = await client.query<{ what: string }>(UNKNOWN);
  const { rows: others } = await client.query<{ name: string }>(OTHER_CATALOGS, [KNOWN_CATALOGS]);
  const { rows: hidden } = await client.query<{ count: number }>(HIDDEN_MAPPINGS);
  const { rows: counted } = await client.query<{ kinds: string; count: number }>(COUNTS);
  const sentences = unknown.map(({ what }) => `${what} is not known to this version of makesafe`);
  for (const { name } of others) {
    const { rowCount } = await client.query(`SELECT FROM pg_catalog.${name} LIMIT 1`);
    if (rowCount !== 0)
      sentences.push(`catalog ${name} is not known to this version of makesafe, and not empty`);
  }
  if (hidden[0]!.count > 0) {
    sentences.push(`options of ${hidden[0]!.count} user mappings are hidden from the role that read`);
  }
  return (dumped) => [
    ...sentences,
    ...counted.flatMap(({ kinds, count }) => {
      const found = kinds.split(', ').reduce((sum, kind) => sum + (dumped.get(kind) ?? 0), 0);
      if (found >= count) return [];
      const what = `${count - found} of ${count} (${kinds.toLowerCase()})`;
      return [`${what} are in the catalogs and not in the dump`];
    }),
  ];
}

/** Parts of extensions come with them; what has an internal dependency comes with what it depends on. */
const own = (table: string): string => `
  o.oid >= 16384 AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = '${table}'::regclass AND d.objid = o.oid AND d.objsubid = 0 AND deptype IN ('e', 'i'))`;

const NO_TEMPORARY = `NOT IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_(toast|temp)')`;

/** pg_dump's kinds for the rows of a catalog, and which rows it has an entry for. */
const COUNTED: readonly [kinds: string, table: string, condition?: string][] = [
  ['SCHEMA', 'pg_namespace', `nspname !~ '^pg_(toast|temp)'`],
  [
    'TABLE, VIEW, MATERIALIZED VIEW, FOREIGN TABLE',
    'pg_class',
    `relkind IN ('r', 'p', 'v', 'm', 'f') AND relnamespace ${NO_TEMPORARY}`,
  ],
  // Those of identity columns depend internally on them, and are not counted.
  ['SEQUENCE', 'pg_class', `relkind = 'S' AND relnamespace ${NO_TEMPORARY}`],
  ['FUNCTION, PROCEDURE, AGGREGATE', 'pg_proc', `pronamespace ${NO_TEMPORARY}`],
  [
    'TYPE, DOMAIN',
    'pg_type',
    `typisdefined AND (typtype IN ('b', 'd', 'e', 'r') AND typelem = 0
      OR typtype = 'c' AND (SELECT relkind FROM pg_class WHERE pg_class.oid = typrelid) = 'c') AND typnamespace ${NO_TEMPORARY}`,
  ],
  ['OPERATOR', 'pg_operator', 'oprcode <> 0'],
  ['OPERATOR CLASS', 'pg_opclass'],
  ['COLLATION', 'pg_collation'],
  ['CONVERSION', 'pg_conversion'],
  ['CAST', 'pg_cast'],
  ['TRANSFORM', 'pg_transform'],
  ['PROCEDURAL LANGUAGE', 'pg_language'],
  ['TEXT SEARCH PARSER', 'pg_ts_parser'],
  ['TEXT SEARCH DICTIONARY', 'pg_ts_dict'],
  ['TEXT SEARCH TEMPLATE', 'pg_ts_template'],
  ['TEXT SEARCH CONFIGURATION', 'pg_ts_config'],
  ['FOREIGN DATA WRAPPER', 'pg_foreign_data_wrapper'],
  ['SERVER', 'pg_foreign_server'],
  ['EVENT TRIGGER', 'pg_event_trigger'],
  ['PUBLICATION', 'pg_publication'],
  ['PUBLICATION TABLE', 'pg_publication_rel'],
  ['PUBLICATION TABLES IN SCHEMA', 'pg_publication_namespace'],
  [
    'SUBSCRIPTION',
    'pg_subscription',
    'subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())',
  ],
  ['POLICY', 'pg_policy'],
  ['STATISTICS', 'pg_statistic_ext'],
  ['ACCESS METHOD', 'pg_am'],
  ['TRIGGER', 'pg_trigger', 'NOT tgisinternal AND tgparentid = 0'],
  ['RULE', 'pg_rewrite', `rulename <> '_RETURN'`],
  ['EXTENSION', 'pg_extension'],
];

const COUNTS = COUNTED.map(
  ([kinds, table, condition = 'true']) =>
    `SELECT '${kinds}' AS kinds, count(*)::int AS count FROM ${table} o WHERE ${own(table)} AND ${condition}`,
).join(' UNION ALL ');

const UNKNOWN = `
  SELECT DISTINCT format('relkind %L in pg_class', relkind) AS what FROM pg_class WHERE relkind <> ALL ('{r,i,S,t,v,m,c,f,p,I}')
  UNION ALL SELECT DISTINCT format('prokind %L in pg_proc', prokind) FROM pg_proc WHERE prokind <> ALL ('{f,p,a,w}')
  UNION ALL SELECT DISTINCT format('typtype %L in pg_type', typtype) FROM pg_type WHERE typtype <> ALL ('{b,c,d,e,p,r,m}')
  UNION ALL SELECT DISTINCT format('contype %L in pg_constraint', contype) FROM pg_constraint
    WHERE contype <> ALL ('{c,f,p,u,t,x,n}')`;

/** A non-superuser sees the options of his own mapping only. */
const HIDDEN_MAPPINGS = `
  SELECT count(*)::int AS count FROM pg_user_mappings
  WHERE umoptions IS NULL AND usename <> current_user
    AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)`;

const OTHER_CATALOGS = `
  SELECT quote_ident(relname) AS name FROM pg_class
  WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r' AND oid < 16384 AND relname <> ALL ($1)`;

/** Those of 13 to 18. */
const KNOWN_CATALOGS = [
  ...['aggregate', 'am', 'amop', 'amproc', 'attrdef', 'attribute', 'auth_members', 'authid', 'cast', 'class'],
  ...[
    'collation',
    'constraint',
    'conversion',
    'database',
    'db_role_setting',
    'default_acl',
    'depend',
    'description',
  ],
  ...[
    'enum',
    'event_trigger',
    'extension',
    'foreign_data_wrapper',
    'foreign_server',
    'foreign_table',
    'index',
  ],
  ...[
    'inherits',
    'init_privs',
    'language',
    'largeobject',
    'largeobject_metadata',
    'namespace',
    'opclass',
    'operator',
  ],
  ...[
    'opfamily',
    'parameter_acl',
    'partitioned_table',
    'policy',
    'proc',
    'publication',
    'publication_namespace',
  ],
  ...[
    'publication_rel',
    'range',
    'replication_origin',
    'rewrite',
    'seclabel',
    'sequence',
    'shdepend',
    'shdescription',
  ],
  ...['shseclabel', 'statistic', 'statistic_ext', 'statistic_ext_data', 'subscription', 'subscription_rel'],
  ...[
    'tablespace',
    'transform',
    'trigger',
    'ts_config',
    'ts_config_map',
    'ts_dict',
    'ts_parser',
    'ts_template',
  ],
  ...['type', 'user_mapping'],
].map((name) => `pg_${name}`);
