import type { Client } from 'pg';
import { withoutMarker } from '../../stack/postgres/marker.ts';
import { readFlags, type FacetsOf } from './flags.ts';
import { languageTag } from './locale.ts';
import { maskSetting } from '../canonical/mask.ts';
import { fact, type SchemaObject } from './objects.ts';

/** What a dump does not show, or does not show to every role. Roles have their real names. */
export interface Catalog {
  readonly database: Database;
  /** What the definition of a dumped object does not say. The key is the oids of catalog and object: `3079/16496`. */
  readonly facts: FacetsOf;
  /** Owners of extensions, which pg_dump does not write. Same keys. */
  readonly owners: ReadonlyMap<string, string>;
  /** Objects that the dump's table of contents lacks. */
  readonly objects: readonly CatalogObject[];
}

type CatalogObject = SchemaObject & { readonly catalog: string };

interface Database {
  readonly name: string;
  readonly owner: string;
  readonly user: string;
  readonly superuser: boolean;
  readonly serverVersion: string;
}

interface DatabaseRow extends Database {
  readonly properties: Record<string, string | null>;
  readonly comment: string | null;
}

/** Some columns were renamed: daticulocale is datlocale since 17. */
const DATABASE = `
  SELECT datname AS name, pg_get_userbyid(datdba) AS owner, current_user AS user, rolsuper AS superuser,
         current_setting('server_version') AS "serverVersion",
         json_build_object(
           'encoding', pg_encoding_to_char(encoding),
           'locale provider', CASE row->>'datlocprovider' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
           'collation', datcollate, 'character type', datctype,
           'locale', coalesce(row->>'datlocale', row->>'daticulocale'), 'ICU rules', row->>'daticurules',
           'connection limit', nullif(datconnlimit, -1)::text, 'template', nullif(datistemplate, false)::text,
           'tablespace', nullif(spcname, 'pg_default')) AS properties,
         shobj_description(d.oid, 'pg_database') AS comment
  FROM pg_database d JOIN pg_tablespace t ON t.oid = dattablespace JOIN pg_roles ON rolname = current_user,
       to_jsonb(d) AS row
  WHERE datname = current_database()`;

const SETTINGS = `
  SELECT rolname AS role, split_part(setting, '=', 1) AS name, substr(setting, strpos(setting, '=') + 1) AS value
  FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase LEFT JOIN pg_roles r ON r.oid = setrole,
       unnest(setconfig) AS setting
  WHERE datname = current_database()`;

/** No owner for extensions of the server itself: that is the role that created the server. */
const EXTENSIONS = `
  SELECT tableoid || '/' || oid AS catalog, extname AS name,
         CASE WHEN oid >= 16384 THEN pg_get_userbyid(extowner) END AS owner
  FROM pg_extension`;

/** pg_dump leaves invalid indexes out, except those of partitioned tables. A constraint's index belongs to it. */
const INVALID_INDEXES = `
  SELECT coalesce((SELECT con.tableoid || '/' || con.oid FROM pg_constraint con WHERE conindid = c.oid AND contype IN ('p', 'u', 'x')),
                  c.tableoid || '/' || c.oid) AS catalog,
         nspname AS schema, c.relname AS name, t.relname AS table, pg_get_indexdef(c.oid) AS definition
  FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN pg_class t ON t.oid = indrelid
       JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE NOT (indisvalid AND indisready AND indislive) AND nspname !~ '^pg_(toast|temp)'`;

/** pg_dump leaves the public schema out if it is exactly as initdb made it. */
const PUBLIC = `
  SELECT tableoid || '/' || oid AS catalog, pg_get_userbyid(nspowner) AS owner, obj_description(oid, 'pg_namespace') AS comment
  FROM pg_namespace WHERE nspname = 'public'`;
const USUAL_COMMENT = 'standard public schema';

/** Reads what no dump shows. The client's transaction has the same snapshot as pg_dump. */
export async function readCatalog(client: Client): Promise<Catalog> {
  const rows = async <T extends object>(sql: string): Promise<T[]> => (await client.query<T>(sql)).rows;
  const [{ properties, comment, ...database }] = (await rows<DatabaseRow>(DATABASE)) as [DatabaseRow];
  const facts = new Map(await readFlags(client, parseInt(database.serverVersion, 10)));
  const owners = new Map<string, string>();
  const objects: CatalogObject[] = [];
  const found = (object: Partial<CatalogObject> & Pick<SchemaObject, 'kind' | 'name'>): void => {
    const empty = { schema: '', definition: '', secret: '', facts: [], comments: [], catalog: '' };
    objects.push({ ...empty, ...object });
  };

  for (const [name, value] of Object.entries(properties)) {
    const isTag = name === 'locale' && properties['locale provider'] === 'icu';
    // The C library treats C.UTF-8 and C.utf8 as the same.
    const text = isTag && value !== null ? languageTag(value) : value?.replace(/\.(utf-?8)$/i, '.UTF-8');
    if (text !== undefined) found({ kind: 'DATABASE PROPERTY', name, definition: text });
  }
  const text = withoutMarker(comment);
  found({
    kind: 'DATABASE',
    name: '',
    catalog: 'database',
    owner: database.owner,
    comments: text !== '' ? [`COMMENT ON DATABASE IS ${text};`] : [],
    facts: facts.get('database') ?? [],
  });
  type Setting = { role: string | null; name: string; value: string };
  for (const { role, name, value } of await rows<Setting>(SETTINGS)) {
    const { text: definition, secret } = maskSetting(name, value);
    const place = role === null ? {} : { table: role };
    found({ kind: role === null ? 'DATABASE SETTING' : 'ROLE SETTING', ...place, name, definition, secret });
  }
  type Extension = { catalog: string; name: string; owner: string | null };
  for (const { catalog, name, owner } of await rows<Extension>(EXTENSIONS)) {
    if (owner !== null) owners.set(catalog, owner);
    found({ kind: 'EXTENSION', name, catalog, facts: facts.get(catalog) ?? [] });
  }
  type Index = { catalog: string; schema: string; name: string; table: string; definition: string };
  for (const index of await rows<Index>(INVALID_INDEXES)) {
    const invalid = [fact('definition', '', 'invalid')];
    facts.set(index.catalog, invalid);
    found({ kind: 'INDEX', ...index, definition: `${index.definition};`, facts: invalid });
  }
  type Public = { catalog: string; owner: string; comment: string | null };
  for (const { catalog, owner, comment: said } of await rows<Public>(PUBLIC)) {
    const comments = said === USUAL_COMMENT ? [] : [`COMMENT ON SCHEMA IS ${said ?? 'none'};`];
    found({ kind: 'SCHEMA', name: 'public', catalog, owner, comments });
  }
  return { database, facts, owners, objects };
}
