import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import { inTransaction } from './leftovers.ts';
import { quoteName, quoteText } from '../../sql/quote.ts';
import { rollBackPrepared } from '../subscriptions.ts';

/**
 * The role that a script or dump connects as. It owns what it creates in the staging database, and has no rights on the
 * rest of the server: PostgreSQL itself enforces this. It exists for one restore.
 *
 * @see https://www.postgresql.org/docs/current/role-attributes.html
 */
export interface Cage {
  readonly user: string;
  readonly password: string;
}

/** The role's comment. A later run finds the roles of killed runs by it. */
const mark = (database: string): string => `makesafe.cage=${database}`;

/** The environment's own role, and what it may do with roles. */
export interface Keeper {
  readonly user: string;
  readonly superuser: boolean;
  /** Whether it may create a cage. */
  readonly makesRoles: boolean;
}

/** The role that the client is connected as. */
export async function readKeeper(client: Client): Promise<Keeper> {
  const { rows } = await client.query<Keeper>(
    `SELECT rolname AS user, rolsuper AS superuser, rolsuper OR rolcreaterole AS "makesRoles"
     FROM pg_catalog.pg_roles WHERE rolname = current_user`,
  );
  return rows[0]!;
}

/** Hours until the role's password expires, in case a killed run leaves the role behind. */
const VALID_HOURS = 24;

/**
 * Creates the role.
 *
 * @param client on the maintenance database
 * @param of the database that is replaced
 * @param into the staging database that is filled
 * @param sessions CONNECTION LIMIT of the role
 * @param temporary bytes of temporary files that one of its sessions may write
 */
export async function makeCage(
  client: Client,
  { superuser, user: keeper }: Keeper,
  { of, into, sessions, temporary }: { of: string; into: string; sessions: number; temporary: number },
): Promise<Cage> {
  const user = `makesafe_cage_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(24).toString('base64url');
  const role = quoteName(user);
  const until = new Date(Date.now() + VALID_HOURS * 3_600_000).toISOString();
  await client.query(
    inTransaction(
      `CREATE ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION NOBYPASSRLS
         CONNECTION LIMIT ${sessions} PASSWORD ${quoteText(verifier(password))} VALID UNTIL ${quoteText(until)}`,
      `COMMENT ON ROLE ${role} IS ${quoteText(mark(of))}`,
      // Without superuser, we need the membership to act on what the cage creates. Only a superuser may set
      // temp_file_limit.
      ...(superuser
        ? [`ALTER ROLE ${role} SET temp_file_limit = ${quoteText(`${Math.ceil(temporary / 1024)}kB`)}`]
        : [`GRANT ${role} TO ${quoteName(keeper)}`]),
      `GRANT CONNECT, CREATE, TEMPORARY ON DATABASE ${quoteName(into)} TO ${role}`,
    ),
  );
  return { user, password };
}

/**
 * The SCRAM verifier of a password, as the server stores it. So the password itself is in no statement, and in no log.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5803
 */
export function verifier(password: string, salt = randomBytes(16), iterations = 4096): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const key = (name: string): Buffer => createHmac('sha256', salted).update(name).digest();
  const stored = createHash('sha256').update(key('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${key('Server Key').toString('base64')}`;
}

/** Schema public, which every new database has, and its owner. */
interface PublicSchema {
  readonly oid: string;
  readonly owner: string;
}

/**
 * Makes the cage the owner of schema public in the staging database.
 *
 * @param client on that database, as ourselves
 * @returns undefined if we may not change the owner
 */
export async function givePublic(client: Client, cage: Cage): Promise<PublicSchema | undefined> {
  const { rows } = await client.query<PublicSchema & { mayGive: boolean }>(
    `SELECT oid::text, pg_get_userbyid(nspowner) AS owner, pg_has_role(nspowner, 'USAGE') AS "mayGive"
     FROM pg_catalog.pg_namespace WHERE nspname = 'public'`,
  );
  const [schema] = rows;
  if (!schema?.mayGive) return undefined;
  await client.query(`ALTER SCHEMA public OWNER TO ${quoteName(cage.user)}`);
  return schema;
}

/**
 * Makes us the owner of everything that the cage has created: objects, default privileges, grants.
 *
 * @param client on the staging database, as ourselves; the cage has no session any more
 */
export async function takeOver(client: Client, cage: Cage, schema: PublicSchema | undefined): Promise<void> {
  const role = quoteName(cage.user);
  await rollBackPrepared(client);
  if (schema) {
    const { rows } = await client.query<{ same: boolean }>(
      `SELECT nspowner = $2::regrole AS same FROM pg_catalog.pg_namespace WHERE oid = $1::oid AND nspname = 'public'`,
      [schema.oid, role],
    );
    if (rows[0]?.same) await client.query(`ALTER SCHEMA public OWNER TO ${quoteName(schema.owner)}`);
  }
  for (const statement of await defaultPrivileges(client, cage)) await client.query(statement);
  await client.query(`REASSIGN OWNED BY ${role} TO CURRENT_USER`);
  await client.query(`DROP OWNED BY ${role}`);
}

/** ALTER DEFAULT PRIVILEGES statements that repeat the cage's default privileges for our own role. */
async function defaultPrivileges(client: Client, cage: Cage): Promise<string[]> {
  const { rows } = await client.query<{
    kind: string;
    schema: string | null;
    grantee: string | null;
    privilege: string;
    grantable: boolean;
  }>(
    `SELECT CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
              WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' END AS kind, nspname AS schema,
            CASE WHEN grantee <> 0 THEN pg_get_userbyid(grantee) END AS grantee,
            privilege_type AS privilege, is_grantable AS grantable
     FROM pg_catalog.pg_default_acl LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = defaclnamespace,
          aclexplode(defaclacl)
     WHERE defaclrole = $1::regrole AND grantee <> defaclrole AND defaclobjtype IN ('r', 'S', 'f', 'T', 'n')`,
    [quoteName(cage.user)],
  );
  return rows.map(({ kind, schema, grantee, privilege, grantable }) =>
    [
      'ALTER DEFAULT PRIVILEGES',
      ...(schema === null ? [] : [`IN SCHEMA ${quoteName(schema)}`]),
      `GRANT ${privilege} ON ${kind} TO ${grantee === null ? 'PUBLIC' : quoteName(grantee)}`,
      ...(grantable ? ['WITH GRANT OPTION'] : []),
    ].join(' '),
  );
}

/** Drops the role, once it owns nothing. @param client on the maintenance database */
export async function dropCage(client: Client, into: string, cage: Cage): Promise<void> {
  const role = quoteName(cage.user);
  await client.query(
    inTransaction(`REVOKE ALL ON DATABASE ${quoteName(into)} FROM ${role}`, `DROP ROLE ${role}`),
  );
}

/**
 * Drops the roles that killed runs left. Their staging databases are already gone.
 *
 * @param client on the maintenance database, with the lock of database `of`
 */
export async function dropLeftCages(client: Client, of: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT rolname AS name FROM pg_catalog.pg_roles WHERE shobj_description(oid, 'pg_authid') = $1`,
    [mark(of)],
  );
  for (const { name } of rows) await client.query(`DROP ROLE ${quoteName(name)}`);
}
