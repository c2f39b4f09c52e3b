import { relative, resolve } from 'node:path';
import type { Client } from 'pg';
import { messageOf } from '../../errors.ts';
import type { StackRun } from '../../run/run.ts';
import type { DatabaseAttributes } from '../attributes.ts';
import { applyRoles } from '../db-bootstrap-roles.ts';
import { reportKept } from '../replace/kept.ts';
import { describeFound } from '../../dump/read/brings.ts';
import { inspectedDump, knownOf } from './check.ts';
import { complete, makeEventTriggers, makeForRoles } from './complete.ts';
import { fill, type Filled } from './fill.ts';
import { attributesHere } from './home.ts';
import { describeLeftOut, reportLeftOut } from './left-out.ts';
import { replaceDatabase } from '../replace/swap.ts';
import { missingHeads } from '../revisions.ts';
import type { RestoreRun } from './restore-run.ts';

/**
 * Restores into a staging database, checks the contents, swaps it with the old database, and sets the rights of the
 * roles.
 *
 * @param file dump or script that the preflight has read
 */
export async function restore(run: RestoreRun, file: string): Promise<void> {
  const { stack, environment, terminal, actor, values } = run;
  const path = resolve(file);
  const dump = await inspectedDump(path);

  const { home, notes } = knownOf(path);
  for (const note of notes) run.note?.(note);

  let filled: Filled | undefined;
  const { kept } = await replaceDatabase(run, {
    what: 'restore',
    fill: async (staging, client) => void (filled = await fill(run, dump, staging, client, home)),
    ...(home?.attributes ? { attributes: ofBackup(home.attributes) } : {}),
    complete: () => complete(run, dump, filled, home),
  });
  const leftOut = [...(filled?.leftOut ?? [])];
  const said = `${environment.name}: ${stack.database.name} is restored from ${relative('', path)}`;
  let failed: { readonly error: unknown } | undefined;
  try {
    if (home && values.BOOTSTRAP_ROLES_SQL === undefined)
      terminal.info('the script for roles was not run: the rights are those of the backup');
    else await applyRoles(run);
    if (!actor.dryRun) leftOut.splice(0, leftOut.length, ...(await makeForRoles(run, leftOut)));
  } catch (error) {
    terminal.warn(`${said}, but not all rights are set`);
    failed = { error };
  }
  try {
    leftOut.push(...(await makeEventTriggers(run, dump, home)));
  } catch (error) {
    if (failed) terminal.warn(`nor are its event triggers made: ${messageOf(error)}`);
    failed ??= { error };
  }
  reportLeftOut(terminal, leftOut);
  for (const line of describeLeftOut(leftOut)) run.note?.(`left out: ${line}`);
  if (failed) throw failed.error;
  if (actor.dryRun) return;
  terminal.ok(`${said}: ${describeFound(filled!.found)}`);
  if (kept !== undefined) reportKept(run, kept);
  await reportRevision(run, filled!.revisions);
}

/** The database's own settings and privileges, as they were when the backup was taken. */
const ofBackup =
  (attributes: DatabaseAttributes) =>
  async (client: Client, present: DatabaseAttributes): Promise<DatabaseAttributes> =>
    (await attributesHere(client, attributes, present)).attributes;

/** Reports the database's revision, and whether migrations are missing. */
async function reportRevision(run: StackRun, at: readonly string[]): Promise<void> {
  const { stack, environment, terminal, command } = run;
  if (at.length === 0) return terminal.info('it has no Alembic revision');
  const where = `it is at revision ${at.join(', ')}`;
  let heads: readonly string[];
  try {
    const found = await stack.alembic(['heads'], { quiet: true });
    if (found.status !== 0) throw new Error(found.stderr.trim());
    heads = found.heads!.ends;
  } catch (error) {
    return terminal.warn(`${where}; whether that is head cannot be said: ${messageOf(error)}`);
  }
  const missing = missingHeads(at, heads);
  if (missing.length === 0) return terminal.ok(`${where}, which is head`);
  terminal.warn(`${where}, not at head (${missing.join(', ')})`);
  terminal.next(command('al-up-env', { ENV: environment.name }));
}
