import type { Client } from 'pg';
import type { Facet } from './facets.ts';
import { maskSetting } from './mask.ts';
import { fact, type SchemaObject } from './objects.ts';

/** A role of the server, as far as it bears on a database. */
export interface ServerRole {
  readonly name: string;
  /** True when the database or something in it depends on it: an owner, a grantee, a role of a policy. */
  readonly involved: boolean;
  /** Roles whose rights it may have. */
  readonly memberOf: readonly string[];
  readonly facts: readonly Facet[];
}

interface Row {
  readonly name: string;
  readonly involved: boolean;
  readonly attributes: string[];
  readonly settings: string[] | null;
  readonly memberships: { role: string; how: string }[];
}

/**
 * Dependencies on roles are in pg_shdepend, but for those on the role that initdb made; those of the database itself and
 * of its subscriptions are dependencies of the server. Up to 15, whether rights are inherited is the member's own
 * attribute, and SET ROLE is always allowed.
 */
const ROLES = `
  WITH this AS (SELECT oid, datdba FROM pg_database WHERE datname = current_database()),
  involved AS (
    SELECT datdba AS role FROM this
    UNION ALL SELECT refobjid FROM pg_shdepend, this
      WHERE refclassid = 'pg_authid'::regclass AND (dbid = this.oid
        OR classid = 'pg_database'::regclass AND objid = this.oid
        OR classid = 'pg_subscription'::regclass AND objid IN (SELECT s.oid FROM pg_subscription s WHERE subdbid = this.oid))
    UNION ALL SELECT setrole FROM pg_db_role_setting, this WHERE setdatabase = this.oid)
  SELECT rolname AS name, rolname = current_user OR r.oid IN (SELECT role FROM involved) AS involved,
    array_remove(ARRAY[
      CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
      CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcanlogin THEN 'LOGIN' END,
      CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,
      CASE WHEN NOT rolinherit THEN 'NOINHERIT' END,
      CASE WHEN rolconnlimit >= 0 THEN 'CONNECTION LIMIT ' || rolconnlimit END], NULL) AS attributes,
    rolconfig AS settings,
    coalesce((SELECT json_agg(json_build_object('role', pg_get_userbyid(roleid), 'how', concat_ws(', ',
        CASE WHEN admin_option THEN 'WITH ADMIN' END,
        CASE WHEN NOT coalesce((row->>'inherit_option')::bool, rolinherit) THEN 'INHERIT FALSE' END,
        CASE WHEN NOT coalesce((row->>'set_option')::bool, true) THEN 'SET FALSE' END)))
      FROM pg_auth_members m, to_jsonb(m) AS row WHERE member = r.oid), '[]') AS memberships
  FROM pg_roles r WHERE rolname !~ '^pg_'`;

/** @param logical brings a role's name to its logical one */
export async function readRoles(client: Client, logical: (role: string) => string): Promise<ServerRole[]> {
  const { rows } = await client.query<Row>(ROLES);
  return rows.map(({ name, involved, attributes, settings, memberships }) => ({
    name: logical(name),
    involved,
    memberOf: memberships.map(({ role }) => logical(role)),
    facts: [
      fact('definition', 'attributes', attributes.join(' ')),
      ...memberships
        .map(({ role, how }) => ({ ...fact('definition', `member of ${logical(role)}`, how) }))
        .sort((a, b) => (a.key + a.text < b.key + b.text ? -1 : 1)),
      ...(settings ?? []).map((setting) => {
        const [, parameter = setting, value = ''] = /^([^=]*)=(.*)$/s.exec(setting) ?? [];
        const { text, secret } = maskSetting(parameter, value);
        return { ...fact('definition', `setting ${parameter}`, text), meaning: secret || text };
      }),
    ],
  }));
}

/** The roles that bear on either side, and those whose rights they may have. */
export function involvedRoles(...sides: readonly (readonly ServerRole[])[]): Set<string> {
  const all = sides.flat();
  const found = new Set(all.filter(({ involved }) => involved).map(({ name }) => name));
  // A set visits what is added to it on the way.
  for (const name of found) {
    for (const role of all) if (role.name === name) role.memberOf.forEach((other) => found.add(other));
  }
  return found;
}

export const roleObject = ({ name, facts }: ServerRole): SchemaObject => ({
  ...{ kind: 'ROLE', schema: '', name, definition: '', secret: '', facts, comments: [] },
});
