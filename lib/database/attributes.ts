import type { Client } from 'pg';
import { quoteName, quoteText } from '../sql/quote.ts';

/** What belongs to a database itself, not to its contents. DROP and CREATE DATABASE lose all of it. */
export interface DatabaseAttributes {
  readonly oid: string;
  readonly owner: string;
  readonly encoding: string;
  readonly collate: string;
  readonly ctype: string;
  /** libc, icu or builtin; null before PostgreSQL 15, which has no such column. */
  readonly provider: 'c' | 'i' | 'b' | null;
  readonly locale: string | null;
  readonly icuRules: string | null;
  /**
   * Null if it is the tablespace of template0: CREATE DATABASE uses that one by default, and to name it needs a
   * privilege.
   */
  readonly tablespace: string | null;
  readonly connectionLimit: number;
  readonly isTemplate: boolean;
  /** Null as long as the privileges are the default ones. */
  readonly privileges: readonly DatabasePrivilege[] | null;
  readonly comment: string | null;
  readonly settings: readonly DatabaseSetting[];
}

export interface DatabasePrivilege {
  /** Null is PUBLIC. */
  readonly grantee: string | null;
  readonly grantor: string;
  readonly privilege: string;
  readonly grantable: boolean;
}

/** `ALTER DATABASE … SET`, or with a role `ALTER ROLE … IN DATABASE … SET`. */
export interface DatabaseSetting {
  readonly role: string | null;
  readonly name: string;
  readonly value: string;
}

// Columns that only some versions have are read through jsonb, where a missing one is null.
const READ = `
  SELECT d.oid::text, pg_get_userbyid(datdba) AS owner, pg_encoding_to_char(encoding) AS encoding,
         datcollate AS collate, datctype AS ctype, row->>'datlocprovider' AS provider,
         coalesce(row->>'datlocale', row->>'daticulocale') AS locale, row->>'daticurules' AS "icuRules",
         CASE WHEN t.oid <> (SELECT dattablespace FROM pg_database WHERE datname = 'template0')
           THEN spcname END AS tablespace,
         datconnlimit AS "connectionLimit", datistemplate AS "isTemplate",
         shobj_description(d.oid, 'pg_database') AS comment,
         CASE WHEN datacl IS NOT NULL THEN (
           SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'grantee', CASE WHEN grantee <> 0 THEN pg_get_userbyid(grantee) END,
                    'grantor', pg_get_userbyid(grantor), 'privilege', privilege_type, 'grantable', is_grantable)
                    -- The owner's grants first: the others hang on them.
                    ORDER BY grantor <> datdba), '[]')
           FROM aclexplode(datacl)) END AS privileges,
         (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'role', CASE WHEN setrole <> 0 THEN pg_get_userbyid(setrole) END,
                   'name', split_part(setting, '=', 1),
                   'value', substr(setting, strpos(setting, '=') + 1))), '[]')
          FROM pg_db_role_setting, unnest(setconfig) AS setting
          WHERE setdatabase = d.oid) AS settings
  FROM pg_database AS d JOIN pg_tablespace AS t ON t.oid = dattablespace, to_jsonb(d) AS row
  WHERE datname = $1`;

/** The attributes of a database, or undefined when there is none of that name. */
export async function readAttributes(client: Client, name: string): Promise<DatabaseAttributes | undefined> {
  const { rows } = await client.query<DatabaseAttributes>(READ, [name]);
  return rows[0];
}

/**
 * The CREATE DATABASE statement for a database that accepts no connections, with the attributes that can only be set at
 * creation. The caller sets the comment and IS_TEMPLATE, and replaces CONNECTION LIMIT.
 *
 * @param connectionLimit of the new database, until the caller replaces it
 * @param copied the database to copy; by default the new one is empty
 */
export function createStatement(
  attributes: DatabaseAttributes,
  name: string,
  connectionLimit: number,
  copied?: CopiedDatabase,
): string {
  const { owner, encoding, tablespace } = attributes;
  return [
    // template0 is the only template that takes another encoding or locale.
    `CREATE DATABASE ${quoteName(name)} TEMPLATE ${copied ? quoteName(copied.name) : 'template0'}`,
    ...(copied?.asFiles ? ['STRATEGY FILE_COPY'] : []),
    `OWNER ${quoteName(owner)} ENCODING ${quoteText(encoding)} ${localeClause(attributes)}`,
    ...(tablespace === null ? [] : [`TABLESPACE ${quoteName(tablespace)}`]),
    `CONNECTION LIMIT ${connectionLimit} ALLOW_CONNECTIONS false`,
  ].join(' ');
}

/** The database that CREATE DATABASE copies. Nobody may be connected to it meanwhile. */
export interface CopiedDatabase {
  readonly name: string;
  /**
   * Whether its files are copied (two checkpoints, then as fast as the disk), and not written to the WAL block by block
   * (the default since PostgreSQL 15, which is faster for small databases).
   */
  readonly asFiles: boolean;
}

/** The statements that give a database the settings of another one. */
export function settingStatements({ settings }: DatabaseAttributes, name: string): string[] {
  const database = quoteName(name);
  return settings.map(({ role, name: setting, value }) => {
    const subject =
      role === null ? `DATABASE ${database}` : `ROLE ${quoteName(role)} IN DATABASE ${database}`;
    return `ALTER ${subject} SET ${quoteName(setting)} TO ${settingValue(setting, value)}`;
  });
}

function localeClause({ provider, collate, ctype, locale, icuRules }: DatabaseAttributes): string {
  const libc = `LC_COLLATE ${quoteText(collate)} LC_CTYPE ${quoteText(ctype)}`;
  switch (provider) {
    case null:
      return libc;
    case 'c':
      return `LOCALE_PROVIDER libc ${libc}`;
    case 'b':
      return `LOCALE_PROVIDER builtin BUILTIN_LOCALE ${quoteText(locale!)} ${libc}`;
    case 'i': {
      const rules = icuRules === null ? '' : ` ICU_RULES ${quoteText(icuRules)}`;
      return `LOCALE_PROVIDER icu ICU_LOCALE ${quoteText(locale!)}${rules} ${libc}`;
    }
  }
}

/** The statements that give a database the privileges of another one. */
export function privilegeStatements({ privileges, owner }: DatabaseAttributes, name: string): string[] {
  if (privileges === null) return [];
  const database = quoteName(name);
  return [
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC, ${quoteName(owner)}`,
    ...privileges.flatMap(({ grantee, grantor, privilege, grantable }) => {
      const to = grantee === null ? 'PUBLIC' : quoteName(grantee);
      const grant = `GRANT ${privilege} ON DATABASE ${database} TO ${to}${grantable ? ' WITH GRANT OPTION' : ''}`;
      // PostgreSQL records the role that runs GRANT as the grantor; for a superuser, it records the owner.
      return grantor === owner ? [grant] : [`SET ROLE ${quoteName(grantor)}`, grant, 'RESET ROLE'];
    }),
  ];
}

/**
 * Settings whose value is a list of quoted names (GUC_LIST_QUOTE in PostgreSQL). Each name needs its own literal: one
 * literal for the whole list would be a single name. pg_dump has the same list, in `variable_is_guc_list_quote`.
 */
const NAME_LISTS = new Set([
  ...['search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries'],
  ...['shared_preload_libraries', 'unix_socket_directories'],
]);

function settingValue(setting: string, value: string): string {
  if (!NAME_LISTS.has(setting.toLowerCase())) return quoteText(value);
  const names = value.match(/"(?:[^"]|"")*"|[^",\s][^",]*/g) ?? [];
  const plain = names.map((name) =>
    name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.trim(),
  );
  return plain.length === 0 ? "''" : plain.map(quoteText).join(', ');
}
