import type { Client } from 'pg';
import type { Grant } from './objects.ts';

/** Privileges that differ from the default privileges of the object. */
export interface Granted {
  /** The key is the oids of catalog and object: `1259/16391`; `database` for the database itself. */
  readonly of: ReadonlyMap<string, readonly Grant[]>;
  /** Objects with privileges that are not in the dump by themselves: parts of extensions and of the server. */
  readonly identities: ReadonlyMap<
    string,
    { readonly kind: string; readonly schema: string; readonly name: string }
  >;
  readonly defaults: readonly {
    readonly schema: string;
    readonly name: string;
    readonly privileges: readonly Grant[];
  }[];
}

interface Row {
  readonly catalog: string;
  readonly column: string;
  readonly grantee: string | null;
  readonly grantor: string;
  readonly owner: string;
  readonly privilege: string;
  readonly grantable: boolean;
  readonly revoked: boolean;
}

/** Catalogs with privileges: table, its columns, and the letter for acldefault(). */
const CATALOGS = [
  ['pg_class', 'relacl', 'relowner', `CASE relkind WHEN 'S' THEN 's' ELSE 'r' END`, 'relnamespace'],
  ['pg_proc', 'proacl', 'proowner', `'f'`],
  ['pg_namespace', 'nspacl', 'nspowner', `'n'`, 'o.oid'],
  ['pg_type', 'typacl', 'typowner', `'T'`],
  ['pg_language', 'lanacl', 'lanowner', `'l'`],
  ['pg_foreign_data_wrapper', 'fdwacl', 'fdwowner', `'F'`],
  ['pg_foreign_server', 'srvacl', 'srvowner', `'S'`],
] as const;

/** Without the public schema: what pg_init_privs records for it differs from its final privileges. */
const PUBLIC = ` AND NOT (classoid = 'pg_namespace'::regclass AND objoid = 2200)`;

/** Privileges that initdb grants to PUBLIC in the information schema, but does not record. */
const readByAll = (schema: string, owner: string): string => `
  CASE WHEN o.oid < 16384 AND ${schema} = to_regnamespace('information_schema')
       THEN ARRAY[makeaclitem(0, ${owner}, '${schema === 'o.oid' ? 'USAGE' : 'SELECT'}', false)] END`;

/** Compares with the privileges from initdb or CREATE EXTENSION (pg_init_privs), else with the defaults. */
const ACLS = [
  ...CATALOGS.map(
    ([table, acl, owner, letter, schema]) => `
    SELECT o.tableoid || '/' || o.oid AS catalog, '' AS column, ${owner} AS owner, ${acl} AS acl,
           coalesce(initprivs, acldefault((${letter})::"char", ${owner})${schema === undefined ? '' : ` || ${readByAll(schema, owner)}`}) AS usual
    FROM ${table} o LEFT JOIN pg_init_privs i ON i.classoid = o.tableoid AND i.objoid = o.oid AND i.objsubid = 0${PUBLIC}
    WHERE ${acl} IS NOT NULL`,
  ),
  `SELECT c.tableoid || '/' || c.oid, attname, relowner, attacl, initprivs
    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
    LEFT JOIN pg_init_privs i ON i.classoid = c.tableoid AND i.objoid = c.oid AND i.objsubid = attnum
    WHERE attacl IS NOT NULL AND NOT attisdropped`,
  `SELECT 'database', '', datdba, datacl, acldefault('d', datdba)
    FROM pg_database WHERE datname = current_database() AND datacl IS NOT NULL`,
].join(' UNION ALL ');

/** Schema, role and kind take the place of the object's oids. */
const DEFAULT_ACLS = `
  SELECT coalesce(nspname, '') || E'\\n' || pg_get_userbyid(defaclrole) || E'\\n' || defaclobjtype::text, '', defaclrole, defaclacl,
         CASE WHEN defaclnamespace = 0
              THEN acldefault(CASE defaclobjtype WHEN 'S' THEN 's'::"char" ELSE defaclobjtype END, defaclrole) END
  FROM pg_default_acl LEFT JOIN pg_namespace n ON n.oid = defaclnamespace`;

const explode = (acls: string): string => `
  SELECT catalog, "column", pg_get_userbyid(owner) AS owner, privilege_type AS privilege, is_grantable AS grantable, revoked,
         CASE grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(grantee) END AS grantee, pg_get_userbyid(grantor) AS grantor
  FROM (${acls}) AS found(catalog, "column", owner, acl, usual), LATERAL (
    (SELECT false AS revoked, * FROM aclexplode(acl) EXCEPT SELECT false, * FROM aclexplode(usual))
    UNION ALL
    (SELECT true, * FROM aclexplode(usual) EXCEPT SELECT true, * FROM aclexplode(acl))) AS differing`;

const KINDS: Readonly<Record<string, string>> = {
  ...{ r: 'TABLES', S: 'SEQUENCES', f: 'FUNCTIONS', T: 'TYPES', n: 'SCHEMAS', L: 'LARGE OBJECTS' },
};

/**
 * Reads who may do what.
 *
 * @param dumped catalog and object oids of the objects in the dump
 * @param logical maps a role's name to its logical name
 */
export async function readPrivileges(
  client: Client,
  dumped: Promise<ReadonlySet<string>>,
  logical: (role: string) => string,
): Promise<Granted> {
  const grantsOf = async (acls: string): Promise<Map<string, Grant[]>> => {
    const { rows } = await client.query<Row>(explode(acls));
    const of = new Map<string, Grant[]>();
    for (const row of rows) of.set(row.catalog, [...(of.get(row.catalog) ?? []), grant(row, logical)]);
    for (const [catalog, grants] of of) of.set(catalog, withoutOpposites(grants));
    return of;
  };
  const of = await grantsOf(ACLS);
  const usual = await grantsOf(DEFAULT_ACLS);
  const known = await dumped;
  const others = [...of.keys()].filter((catalog) => catalog !== 'database' && !known.has(catalog));
  const { rows: identified } = await client.query<{
    catalog: string;
    kind: string;
    schema: string;
    name: string;
  }>(
    `SELECT catalog, upper(type) AS kind, coalesce(schema, '') AS schema,
            CASE WHEN starts_with(identity, quote_ident(schema) || '.')
                 THEN substr(identity, length(quote_ident(schema)) + 2) ELSE identity END AS name
     FROM unnest($1::text[]) AS catalog,
          pg_identify_object(split_part(catalog, '/', 1)::oid, split_part(catalog, '/', 2)::oid, 0)
     WHERE CASE type WHEN 'schema' THEN identity ELSE coalesce(schema, '') END !~ '^pg_(toast_)?temp'`,
    [others],
  );
  const defaults = [...usual].map(([key, privileges]) => {
    const [schema, role, kind] = key.split('\n') as [string, string, string];
    return { schema, name: `FOR ROLE ${logical(role)} ON ${KINDS[kind] ?? kind}`, privileges };
  });
  return {
    of,
    identities: new Map(identified.map(({ catalog, ...identity }) => [catalog, identity])),
    defaults,
  };
}

/** The owner's privileges are named `the owner`, so that a change of the owner is not a change of privileges, too. */
function grant(row: Row, logical: (role: string) => string): Grant {
  const { column, owner, grantor, grantable, revoked } = row;
  const grantee =
    row.grantee === null ? 'PUBLIC' : row.grantee === owner ? 'the owner' : logical(row.grantee);
  const by = grantor === owner ? '' : ` granted by ${logical(grantor)}`;
  return {
    column,
    grantee,
    privilege: `${row.privilege}${grantable ? ' WITH GRANT OPTION' : ''}${by}`,
    revoked,
  };
}

/** Removes pairs of a grant and a revocation that only come from a change of the owner. */
function withoutOpposites(grants: readonly Grant[]): Grant[] {
  const key = ({ column, grantee, privilege, revoked }: Grant, opposite = false): string =>
    [column, grantee, privilege, revoked !== opposite].join('\0');
  const all = new Set(grants.map((one) => key(one)));
  return grants.filter((one) => !all.has(key(one, true)));
}
