import type { Client } from 'pg';
import { loadParser } from '../../sql/syntax.ts';
import { restoreFailure, serverMessage } from './restore-failure.ts';
import { splitStatements } from '../../sql/run-statements.ts';
import { headOf, whyHarmless } from './harmless.ts';
import type { LeftOut } from './left-out.ts';
import { namedRoles } from './named-roles.ts';

/** A statement of the file that the server refused. */
interface Refused {
  readonly place: string;
  readonly sql: string;
  readonly error: unknown;
}

/** Returns if the failure loses nothing, and records it. @throws FailedError if it matters */
export type Judge = (refused: Refused) => Promise<void>;

/** No real file has more harmless failures than this: beyond it, they count as an error. */
const MOST = 100_000;

/**
 * @param client of the maintenance database, to ask which roles exist
 * @param leftOut harmless failures are added to it
 * @param strict whether every failure matters
 */
export function makeJudge(client: Client, leftOut: LeftOut[], strict: boolean): Judge {
  let roles: ReadonlySet<string> | undefined;
  return async ({ place, sql, error }) => {
    const code = (error as { code?: unknown }).code;
    const [statement, ...more] = splitStatements(sql);
    // An error without a SQLSTATE does not come from the server: the statement is not its cause.
    if (strict || typeof code !== 'string' || !statement || more.length > 0 || leftOut.length > MOST)
      throw failure({ place, sql, error });
    await loadParser();
    roles ??= await rolesOf(client);
    const named = [...namedRoles(sql)];
    const missingRoles = named.filter((name) => !roles!.has(name));
    const why = whyHarmless({ statement, code, roles: named, missingRoles });
    if (why === undefined) throw failure({ place, sql, error });
    const isPolicy = missingRoles.length > 0 && headOf(sql).startsWith('CREATE POLICY ');
    const whose = missingRoles.length === 0 ? '' : ` (${missingRoles.join(', ')})`;
    leftOut.push({
      place: place.startsWith('line ') ? `${place} (${briefly(sql)})` : place,
      why: why + whose,
      ...(isPolicy ? { later: sql } : {}),
    });
  };
}

const failure = ({ place, sql, error }: Refused): Error =>
  restoreFailure(place, serverMessage(error), sql, error);

async function rolesOf(client: Client): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>('SELECT rolname AS name FROM pg_catalog.pg_roles');
  return new Set(rows.map(({ name }) => name));
}

/** Characters that show what a statement is about. A literal may follow, and that may be a secret. */
const BRIEF = 60;

function briefly(sql: string): string {
  const head = headOf(sql).replace(/ (?:IS|AS|USING|CONNECTION|OPTIONS|WITH CHECK)\b.*$/i, '');
  return head.length > BRIEF ? `${head.slice(0, BRIEF)}…` : head;
}
