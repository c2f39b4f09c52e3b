import type { Client } from 'pg';
import { loadParser } from '../../sql/syntax.ts';
import { restoreFailure, serverMessage } from './restore-failure.ts';
import { splitStatements } from '../../sql/run-statements.ts';
import type { LeftOut } from './left-out.ts';
import { namedRoles } from './named-roles.ts';
import type { Right } from '../../dump/read/rights.ts';

/** The roles that a statement names and this server does not have. */
type MissingRoles = (sql: string) => readonly string[];

/** @param client of any database of the server */
export async function missingRolesOf(client: Client): Promise<MissingRoles> {
  await loadParser();
  const { rows } = await client.query<{ name: string }>('SELECT rolname AS name FROM pg_catalog.pg_roles');
  const roles = new Set(rows.map(({ name }) => name));
  return (sql) => [...namedRoles(sql)].filter((name) => !roles.has(name));
}

/**
 * Splits rights into statements that can run, and those left out because they name a role that this server does not
 * have.
 */
export function withoutMissing(
  rights: readonly Right[],
  missing: MissingRoles,
): { possible: Right[]; leftOut: LeftOut[] } {
  const possible: Right[] = [];
  const leftOut: LeftOut[] = [];
  for (const right of rights) {
    if (right.kind === 'database') continue;
    if (right.kind === 'tablespace') {
      possible.push(right);
      continue;
    }
    const absent = missing(right.sql);
    if (absent.length === 0) {
      possible.push(right);
      continue;
    }
    leftOut.push({ place: `${right.kind} of ${right.place}`, why: whyMissing(absent) });
    // What the right grants to other roles and to PUBLIC still applies.
    const kept = statementsWithout(right.sql, missing);
    if (kept !== '') possible.push({ ...right, sql: kept });
  }
  return { possible, leftOut };
}

export const whyMissing = (roles: readonly string[]): string => `role ${roles.join(', ')} is not here`;

/**
 * The statements that name no missing role. Those between SET and RESET SESSION AUTHORIZATION are dropped if the role
 * of SET is missing: it would be their grantor.
 */
function statementsWithout(sql: string, missing: MissingRoles): string {
  let silent = false;
  const kept: string[] = [];
  for (const { sql: one, words } of splitStatements(sql)) {
    const isSession = words[1] === 'SESSION' && words[2] === 'AUTHORIZATION';
    if (isSession && words[0] === 'SET') silent = missing(one).length > 0;
    if (!silent && missing(one).length === 0) kept.push(one);
    if (isSession && words[0] === 'RESET') silent = false;
  }
  return kept.join('\n');
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const UNDEFINED_OBJECT = '42704';

/**
 * Sets owners, privileges and tablespaces of the restored objects, as ourselves. This is safe: these are statements of
 * pg_dump that call no function of the file.
 *
 * @returns the tablespaces that this server does not have
 * @throws FailedError with the object. Every right counts: one that is not set could be a REVOKE
 */
export async function applyRights(client: Client, rights: readonly Right[]): Promise<LeftOut[]> {
  const leftOut: LeftOut[] = [];
  for (const { kind, place, sql } of rights) {
    try {
      await client.query(sql);
    } catch (error) {
      await client.query('RESET SESSION AUTHORIZATION');
      const isMissing = (error as { code?: string }).code === UNDEFINED_OBJECT;
      if (kind !== 'tablespace' || !isMissing)
        throw restoreFailure(`${kind} of ${place}`, serverMessage(error, 'ours'), sql, error);
      leftOut.push({ place, why: 'its tablespace is not here: it is in that of the database' });
    }
  }
  return leftOut;
}

/** Event triggers come last, because they would fire for our own statements. */
export const isOfEventTrigger = (place: string): boolean => place.startsWith('EVENT TRIGGER ');
