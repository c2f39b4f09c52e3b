import { createHash } from 'node:crypto';
import type { Client } from 'pg';

/** Not in any dump, and a revision may have made them. Passwords are the configuration's. */
const ROLES = `
  SELECT 'role ' || rolname AS what, (to_jsonb(r) - '{oid,rolpassword}'::text[])::text AS how
  FROM pg_roles r WHERE rolname !~ '^pg_'
  UNION ALL
  SELECT 'role ' || pg_get_userbyid(member) || ' in ' || pg_get_userbyid(roleid),
    string_agg((to_jsonb(m) - '{oid,roleid,member,grantor}'::text[])::text || pg_get_userbyid(grantor), ' '
               ORDER BY pg_get_userbyid(grantor))
  FROM pg_auth_members m WHERE pg_get_userbyid(member) !~ '^pg_' GROUP BY member, roleid
  ORDER BY 1`;

/**
 * Roles and memberships of a server: `role app 1f2e3d4c`. The digest is of all that belongs to it: a setting of a role may be
 * a secret.
 */
export async function readRoles(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ what: string; how: string }>(ROLES);
  return rows.map(
    ({ what, how }) => `${what} ${createHash('sha256').update(how).digest('hex').slice(0, 16)}`,
  );
}

/** Those that a server does not have, or not as they were, without their digest. Pure. */
export function otherRoles(then: readonly string[], now: readonly string[]): string[] {
  const here = new Set(now);
  return then.filter((one) => !here.has(one)).map((one) => one.replace(/ [0-9a-f]{16}$/, ''));
}
