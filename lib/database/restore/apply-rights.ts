import type { Client } from 'pg';
import { loadParser } from '../../sql/syntax.ts';
import { restoreFailure, serverMessage } from './restore-failure.ts';
import { splitStatements } from '../../sql/run-statements.ts';
import type { LeftOut } from './left-out.ts';
import { namedRoles } from './named-roles.ts';
import type { Right } from '../../dump/read/rights.ts';

/** Tells which of the roles that a statement names this server does not have. */
type MissingRoles = (sql: string) => readonly string[];

/** @param client on any database of the server */
export async function missingRolesOf(client: Client): Promise<MissingRoles> {
  await loadParser();
  const { rows } = await client.query<{ name: string }>('SELECT rolname AS name FROM pg_catalog.pg_roles');
  const roles = new Set(rows.map(({ name }) => name));
  return (sql) => [...namedRoles(sql)].filter((name) => !roles.has(name));
}

/** What of the rights names roles that are not here: the statements that can be run, and what is left out. */
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
    // What it says of other roles, and of PUBLIC, still holds.
    const kept = statementsWithout(right.sql, missing);
    if (kept !== '') possible.push({ ...right, sql: kept });
  }
  return { possible, leftOut };
}

export const whyMissing = (roles: readonly string[]): string => `role ${roles.join(', ')} is not here`;

/** Between SET and RESET SESSION AUTHORIZATION somebody speaks who is not here, and so nothing of it is said. */
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
 * Sets owners, privileges and tablespaces of what has been restored, as ourselves. They are statements of pg_dump's that
 * call no function of the file's.
 *
 * @returns what could not be had here
 * @throws FailedError naming the object: a right that is not set could be one that somebody was to have lost
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

/** They come last of all, because they would run for our own statements. */
export const isOfEventTrigger = (place: string): boolean => place.startsWith('EVENT TRIGGER ');
