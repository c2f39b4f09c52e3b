import type { Client } from 'pg';
import { readContents } from '../database/contents.ts';
import { MakesafeError } from '../errors.ts';
import type { VerifyFacts } from '../schema/verify/facts.ts';
import type { DestructiveRun } from '../run/run.ts';
import type { Timed } from './progress.ts';

/**
 * Shows what the database contains now, and how it differs from BASE. A log also gets the time of each step here,
 * because people read or forward its last lines; a terminal shows the times above.
 */
export async function showOutcome(
  run: DestructiveRun,
  times: readonly Timed[],
  facts: VerifyFacts,
): Promise<void> {
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

/** Owner of the database, and every other role that something in the database depends on. */
async function readRoles(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ role: string }>(`
    SELECT r.rolname || CASE WHEN r.oid = datdba THEN ' (owner)' ELSE '' END AS role
    FROM pg_database d JOIN pg_roles r ON r.oid = datdba OR r.oid IN (
      SELECT refobjid FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND dbid = d.oid)
    WHERE datname = current_database() ORDER BY r.oid <> datdba, rolname`);
  return rows.map(({ role }) => role);
}

/** Maximum lines of differences: the list must not fill the screen. */
const MOST = 10;

/** Nothing if no comparison was asked for, or none was possible: the check's own line says why. */
async function differencesFrom({ baseName, comparison }: VerifyFacts): Promise<[string, string][]> {
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
