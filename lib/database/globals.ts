import { createHash } from 'node:crypto';
import type { Client } from 'pg';
import { quoteName, quoteText } from '../sql/quote.ts';
import { CREATED_BY_US } from './replace/names.ts';

/**
 * What a server has beside the contents of a database: roles, memberships, settings, privileges on parameters, and whatever
 * else is in its shared catalogs. No dump of a database has it, and no exchange of a database brings it back; a revision may
 * have made it.
 */

/** The catalogs of the whole server, with the columns that this role may read. pg_roles is what everybody may read of pg_authid. */
const CATALOGS = `
  SELECT relname AS catalog, json_agg(json_build_array(attname, typcategory) ORDER BY attnum) AS columns
  FROM pg_class c JOIN pg_attribute ON attrelid = CASE relname WHEN 'pg_authid' THEN 'pg_roles'::regclass ELSE c.oid END
    AND attnum > 0 AND NOT attisdropped AND has_column_privilege(attrelid, attnum, 'SELECT')
  JOIN pg_type t ON t.oid = atttypid
  WHERE relisshared AND relkind = 'r' AND relname <> 'pg_shdepend'
  GROUP BY relname ORDER BY relname`;

interface Catalog {
  readonly catalog: string;
  /** Name, and the category of the type: A is an array. */
  readonly columns: readonly [name: string, category: string][];
}

/**
 * What changes by itself, or is in a row of its own (rolconfig). A password is the configuration's, and nobody may read it.
 */
const NOT_COMPARED = new Set([
  'oid',
  'rolpassword',
  'rolconfig',
  'datfrozenxid',
  'datminmxid',
  'datlastsysoid',
  'subskiplsn',
]);

const database = (column: string): string =>
  `(SELECT CASE datname WHEN $1 THEN 'this database' ELSE datname END FROM pg_database WHERE oid = ${column})`;
const role = (column: string): string => `CASE WHEN ${column} <> 0 THEN pg_get_userbyid(${column}) END`;
const tablespace = (column: string): string => `(SELECT spcname FROM pg_tablespace WHERE oid = ${column})`;

/** The names of what OIDs mean. One that is not here is compared as a number, and another server has another one. */
const MEANS: Readonly<Record<string, (column: string) => string>> = {
  ...{
    roleid: role,
    member: role,
    grantor: role,
    datdba: role,
    spcowner: role,
    subowner: role,
    setrole: role,
  },
  ...{ setdatabase: database, subdbid: database, dattablespace: tablespace },
  classoid: (column) => `${column}::regclass`,
  objoid: (column) => `pg_describe_object(classoid, ${column}, 0)`,
};

/** What a person calls a row, in front of its name. */
const CALLED: Readonly<Record<string, string>> = {
  ...{
    pg_authid: 'role',
    pg_auth_members: 'membership',
    pg_database: 'database',
    pg_tablespace: 'tablespace',
  },
  ...{ pg_db_role_setting: 'settings of', pg_parameter_acl: 'privileges on parameter' },
  ...{ pg_shdescription: 'comment on', pg_shseclabel: 'security label of' },
};
const NAME = /^(dat|rol|spc|sub|par|ro)name$/;

/** Databases of makesafe's, which come and go: the mark or the marker is in the comment, else the limit says it. */
const OURS = `SELECT d.oid FROM pg_database d WHERE datconnlimit = ${CREATED_BY_US}
  OR datname <> $1 AND shobj_description(d.oid, 'pg_database') ~ '(^|\\n)makesafe[.:]'`;
/** The database itself has its attributes compared with it. */
const OWN = new Set(['pg_database', 'pg_db_role_setting', 'pg_shdescription']);

function question({ catalog, columns }: Catalog): string {
  const names = columns.map(([name]) => name);
  const refers = names.filter((name) => name in MEANS);
  const called = names.some((name) => NAME.test(name))
    ? names.filter((name) => NAME.test(name)).map(quoteName)
    : refers.filter((name) => name !== 'classoid').map((name) => MEANS[name]!(quoteName(name)));
  const value = ([name, category]: Catalog['columns'][number]): string => {
    const column = quoteName(name);
    if (name in MEANS) return MEANS[name]!(column);
    // The order is that in which they were given.
    if (category === 'A') return `(SELECT array_agg(v::text ORDER BY v::text) FROM unnest(${column}) v)`;
    return column;
  };
  const stable = columns.filter(([name]) => !NOT_COMPARED.has(name));
  const passed = OWN.has(catalog) ? `${OURS} UNION ALL SELECT oid FROM pg_database WHERE datname = $1` : OURS;
  const about = [
    ...(catalog === 'pg_database' ? ['oid'] : []),
    ...names.filter((name) => MEANS[name] === database),
    ...(names.includes('objoid') ? [`CASE classoid WHEN 'pg_database'::regclass THEN objoid END`] : []),
  ];
  return `
    SELECT concat_ws(' ', ${quoteText(CALLED[catalog] ?? catalog.replace(/^pg_/, '').replaceAll('_', ' '))},
        ${called.length > 0 ? `concat_ws(', ', ${called.join(', ')})` : 'NULL'}) AS what,
      jsonb_build_array(${stable.map(value).join(', ')})::text AS how
    FROM ${catalog === 'pg_authid' ? 'pg_roles' : quoteName(catalog)}
    ${about.map((oid, at) => `${at === 0 ? 'WHERE' : 'AND'} coalesce(${oid}, 0) NOT IN (${passed})`).join(' ')}`;
}

/** Not in catalogs: ALTER SYSTEM, as far as this role may read it, and slots. */
const SLOTS = `
    SELECT 'replication slot ' || slot_name, concat_ws(' ', slot_type, plugin, CASE database WHEN $1 THEN '' ELSE database END)
    FROM pg_replication_slots WHERE NOT temporary`;
const ALTER_SYSTEM = `
    SELECT 'ALTER SYSTEM of ' || name, setting FROM pg_file_settings WHERE sourcefile LIKE '%/postgresql.auto.conf'`;
const MAY_READ = `
  SELECT has_table_privilege('pg_file_settings', 'SELECT')
    AND has_function_privilege('pg_show_all_file_settings()', 'EXECUTE') AS may`;

/**
 * All of it, one line for each: `role app 0123456789abcdef`. The digest is of all that belongs to it: a setting of a role may
 * be a secret.
 *
 * @param client of any database of the server
 * @param name of the environment's database, whose attributes are compared by themselves
 */
export async function readGlobals(client: Client, name: string): Promise<string[]> {
  const { rows: catalogs } = await client.query<Catalog>(CATALOGS);
  const { rows: may } = await client.query<{ may: boolean }>(MAY_READ);
  const questions = [...catalogs.map(question), SLOTS, ...(may[0]?.may ? [ALTER_SYSTEM] : [])];
  const { rows } = await client.query<{ what: string; how: string | null }>(
    `${questions.join(' UNION ALL ')} ORDER BY 1, 2`,
    [name],
  );
  return rows.map(
    ({ what, how }) =>
      `${what} ${createHash('sha256')
        .update(how ?? '')
        .digest('hex')
        .slice(0, 16)}`,
  );
}

/** Those that a server does not have, or not as they were, without their digest. Pure. @param then undefined: not known */
export function otherGlobals(then: readonly string[] | undefined, now: readonly string[]): string[] {
  if (then === undefined) return ['what the server had'];
  const here = new Set(now);
  return [...new Set(then.filter((one) => !here.has(one)).map((one) => one.replace(/ [0-9a-f]{16}$/, '')))];
}
