import { relative, resolve } from 'node:path';
import { counted } from '../display.ts';
import { messageOf } from '../errors.ts';
import type { DestructiveRun, StackRun } from '../task.ts';
import { applyRoles } from './bootstrap-roles.ts';
import type { Dump } from './dump.ts';
import { reportKept } from './kept.ts';
import { describeFound } from './restore/brings.ts';
import { inspectedDump } from './restore/check.ts';
import { runErrands } from './restore/errands.ts';
import { fill, type Filled } from './restore/fill.ts';
import { replaceDatabase } from './swap.ts';

export { checkDump, checkSql } from './restore/check.ts';

export const restoreFromDump = (run: DestructiveRun): Promise<void> => restore(run, 'DUMP');
export const restoreFromSql = (run: DestructiveRun): Promise<void> => restore(run, 'SQL');

/**
 * Restores into a new database beside the old one, looks at what is in it, lets them change places, and sets the roles'
 * rights.
 */
async function restore(run: DestructiveRun, parameter: 'DUMP' | 'SQL'): Promise<void> {
  const { stack, environment, terminal, actor, values } = run;
  const path = resolve(values[parameter] as string);
  const dump = await inspectedDump(path);

  let filled: Filled | undefined;
  const { kept } = await replaceDatabase(run, {
    what: 'restore',
    fill: async (aside, client) => void (filled = await fill(run, dump, aside, client)),
  });
  const said = `${environment.name}: ${stack.database.name} is restored from ${relative('', path)}`;
  try {
    await applyRoles(run);
  } catch (error) {
    terminal.warn(`${said}, but not all rights are set`);
    throw error;
  } finally {
    await makeEventTriggers(run, dump);
  }
  if (actor.dryRun) return;
  terminal.ok(`${said}: ${describeFound(filled!.found)}`);
  if (kept !== undefined) reportKept(run, kept);
  await reportRevision(run, filled!.revisions);
}

/** They run for our own statements as well, and for those of the script for roles: so they come last. */
async function makeEventTriggers({ stack, actor }: StackRun, { errands }: Dump): Promise<void> {
  const triggers = errands.filter(({ errand }) => errand.kind === 'event trigger');
  if (triggers.length === 0) return;
  await actor.act(`# ${counted(triggers.length, 'statement')} for event triggers`, () =>
    stack.withClient(stack.database.name, (client) => runErrands(client, triggers)),
  );
}

/** Says in which revision the database is now, and whether migrations are missing. */
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
  const missing = heads.filter((id) => !at.includes(id));
  if (missing.length === 0) return terminal.ok(`${where}, which is head`);
  terminal.warn(`${where}, not at head (${missing.join(', ')})`);
  terminal.next(command('al-up-env', { ENV: environment.name }));
}
