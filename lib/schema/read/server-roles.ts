import type { Client } from 'pg';
import type { Facet } from './facet.ts';
import { maskSetting } from '../canonical/mask.ts';
import { fact, type SchemaObject } from './objects.ts';

/** A role of the server, as far as it matters for a database. */
export interface ServerRole {
  readonly name: string;
  /** The real name, if `name` is a logical one. */
  readonly role?: string;
  /** True if the role matters for the database: as owner, grantee or role of a policy, or by `asMember`. */
  readonly involved: boolean;
  /** True if it matters only because it can use another role's privileges, or can read or write everywhere. */
  readonly asMember?: boolean;
  /** Roles whose privileges it can use. */
  readonly memberOf: readonly string[];
  readonly facts: readonly Facet[];
}

interface Row {
  readonly name: string;
  readonly involved: boolean;
  readonly asMember: boolean;
  readonly attributes: string[];
  readonly settings: string[] | null;
  readonly labels: { provider: string; label: string }[];
  readonly memberships: { role: string; how: string }[];
}

/**
 * pg_shdepend has the dependencies on roles, except on the role that initdb made. Dependencies of the database itself
 * and of subscriptions are those of the server. A direct or indirect member of a role can do what that role can. Some
 * roles can read or write in every database without any dependency. Before 16, the member's own attribute decides
 * whether it inherits privileges, and SET ROLE is always allowed. Several roles may grant the same membership.
 *
 * @see https://www.postgresql.org/docs/current/predefined-roles.html
 */
const ROLES = `
  WITH RECURSIVE this AS (SELECT oid, datdba FROM pg_database WHERE datname = current_database()),
  involved (role) AS (
    SELECT datdba FROM this
    UNION SELECT refobjid FROM pg_shdepend, this
      WHERE refclassid = 'pg_authid'::regclass AND (dbid = this.oid
        OR classid = 'pg_database'::regclass AND objid = this.oid
        OR classid = 'pg_subscription'::regclass AND objid IN (SELECT s.oid FROM pg_subscription s WHERE subdbid = this.oid))
    UNION SELECT setrole FROM pg_db_role_setting, this WHERE setdatabase = this.oid),
  reaching (role) AS (
    SELECT role FROM involved UNION SELECT oid FROM pg_roles WHERE rolname IN ('pg_read_all_data', 'pg_write_all_data', 'pg_maintain',
      'pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program') OR rolsuper AND oid >= 16384
    UNION SELECT member FROM pg_auth_members JOIN reaching ON roleid = role)
  SELECT rolname AS name,
    rolname = current_user OR r.oid IN (SELECT role FROM reaching) AS involved,
    rolname <> current_user AND r.oid NOT IN (SELECT role FROM involved) AS "asMember",
    array_remove(ARRAY[
      CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
      CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcanlogin THEN 'LOGIN' END,
      CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,
      CASE WHEN NOT rolinherit THEN 'NOINHERIT' END,
      CASE WHEN rolconnlimit >= 0 THEN 'CONNECTION LIMIT ' || rolconnlimit END,
      CASE WHEN rolvaliduntil < 'infinity' THEN 'VALID UNTIL ' || (rolvaliduntil AT TIME ZONE 'UTC')::text END], NULL) AS attributes,
    rolconfig AS settings,
    coalesce((SELECT json_agg(json_build_object('provider', provider, 'label', label) ORDER BY provider)
      FROM pg_shseclabel l WHERE objoid = r.oid AND classoid = 'pg_authid'::regclass), '[]') AS labels,
    coalesce((SELECT json_agg(json_build_object('role', pg_get_userbyid(roleid), 'how', concat_ws(', ',
        CASE WHEN admin THEN 'WITH ADMIN' END,
        CASE WHEN NOT coalesce(inherit, rolinherit) THEN 'INHERIT FALSE' END,
        CASE WHEN NOT coalesce(may_set, true) THEN 'SET FALSE' END)))
      FROM (SELECT roleid, bool_or(admin_option) AS admin, bool_or((row->>'inherit_option')::bool) AS inherit,
                   bool_or((row->>'set_option')::bool) AS may_set
            FROM pg_auth_members m, to_jsonb(m) AS row WHERE member = r.oid GROUP BY roleid) AS granted), '[]') AS memberships
  FROM pg_roles r WHERE rolname !~ '^pg_'`;

/** @param logical maps a role's name to its logical name */
export async function readRoles(client: Client, logical: (role: string) => string): Promise<ServerRole[]> {
  const { rows } = await client.query<Row>(ROLES);
  return rows.map(({ name, involved, asMember, attributes, settings, labels, memberships }) => ({
    name: logical(name),
    ...(logical(name) === name ? {} : { role: name }),
    involved,
    asMember,
    memberOf: memberships.map(({ role }) => logical(role)),
    facts: [
      fact('definition', 'attributes', attributes.join(' ')),
      ...memberships
        .map(({ role, how }) => ({ ...fact('definition', `member of ${logical(role)}`, how) }))
        .sort((a, b) => (a.key + a.text < b.key + b.text ? -1 : 1)),
      ...labels.map(({ provider, label }) => fact('definition', `security label of ${provider}`, label)),
      ...(settings ?? []).map((setting) => {
        const [, parameter = setting, value = ''] = /^([^=]*)=(.*)$/s.exec(setting) ?? [];
        const { text, secret } = maskSetting(parameter, value);
        return { ...fact('definition', `setting ${parameter}`, text), meaning: secret || text };
      }),
    ],
  }));
}

/**
 * The roles that matter on either side, and the roles whose privileges they can use. Two environments may share a
 * server: a role that is the other environment's own, and matters here only as a member, is left out.
 */
export function involvedRoles(
  base: readonly ServerRole[],
  compared: readonly ServerRole[],
): ReadonlySet<string> {
  const all = [...base, ...compared];
  const found = new Set<string>();
  for (const [ours, theirs] of [
    [base, compared],
    [compared, base],
  ] as const) {
    const elsewhere = new Map(theirs.map(({ name, role = name }) => [role, name]));
    for (const { name, role = name, involved, asMember = false } of ours) {
      const isTheirs = asMember && (elsewhere.get(role) ?? name) !== name;
      if (involved && !isTheirs) found.add(name);
    }
  }
  // A loop over a set also visits elements that are added meanwhile.
  for (const name of found) {
    for (const role of all) if (role.name === name) role.memberOf.forEach((other) => found.add(other));
  }
  return found;
}

/** A role, as an object to compare. */
export const roleObject = ({ name, facts }: ServerRole): SchemaObject => ({
  ...{ kind: 'ROLE', schema: '', name, definition: '', secret: '', facts, comments: [] },
});
