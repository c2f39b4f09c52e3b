import type { Client } from 'pg';
import { readContents } from '../database/contents.ts';
import { MakesafeError } from '../errors.ts';
import type { Facts } from '../schema/verify/facts.ts';
import type { DestructiveRun } from '../run/run.ts';
import type { Timed } from './progress.ts';

/**
 * One screen: what there is now, and what differs from BASE. How long each step took stands above on a terminal; in a log
 * the last lines are what is read, or sent on.
 */
export async function showOutcome(run: DestructiveRun, times: readonly Timed[], facts: Facts): Promise<void> {
  const { terminal } = run;
  const [contents, roles] = await facts
    .ask(async (client) => [await readContents(client), await readRoles(client)] as const)
    .catch((error: unknown) => {
      if (error instanceof MakesafeError) return [];
      throw error;
    });
  const rows: [label: string, value: string][] = [
    ['revision', contents?.revisions.join(', ') || 'none'],
    ['tables', contents ? String(contents.tables) : 'not known'],
    ['roles', roles?.join(', ') ?? 'not known'],
    ...(terminal.interactive ? [] : times).map(({ name, seconds, note }): [string, string] => [
      name,
      `${seconds.toFixed(1)} s  ${note}`,
    ]),
    ...(await differencesFrom(facts)),
  ];
  for (const [label, value] of rows) terminal.line(`    ${label.padEnd(10)} ${value}`);
}

/** Its owner, and every other role that something in the database depends on. */
async function readRoles(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ role: string }>(`
    SELECT r.rolname || CASE WHEN r.oid = datdba THEN ' (owner)' ELSE '' END AS role
    FROM pg_database d JOIN pg_roles r ON r.oid = datdba OR r.oid IN (
      SELECT refobjid FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND dbid = d.oid)
    WHERE datname = current_database() ORDER BY r.oid <> datdba, rolname`);
  return rows.map(({ role }) => role);
}

/** As many as leave the rest of the screen to be seen. */
const MOST = 10;

/** Nothing where no comparison was asked for, or none could be made: the check's own line says why. */
async function differencesFrom({ baseName, comparison }: Facts): Promise<[string, string][]> {
  const found = baseName === undefined ? undefined : await comparison().catch(() => undefined);
  if (!found) return [];
  const { changeLines, objectName, verdictSentence } = await import('../schema/report/wording.ts');
  const lines = found.differences.map((difference) => {
    const [first, ...others] = changeLines(difference, found);
    const more = others.length === 0 ? '' : `, and ${others.length} more`;
    return `${difference.kind} ${objectName(difference)}: ${first}${more}`;
  });
  if (lines.length > MOST) lines.splice(MOST, lines.length, `and ${lines.length - MOST} more`);
  return [['schema', verdictSentence(found)], ...lines.map((line): [string, string] => ['', line])];
}
