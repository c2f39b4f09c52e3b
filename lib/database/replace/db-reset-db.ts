import type { DestructiveRun } from '../../run/run.ts';
import { reportKept } from './kept.ts';
import { checkReplaceable } from './obstacles.ts';
import { replaceDatabase } from './swap.ts';

/** @throws RefusedError with everything that prevents the replacement */
export const checkDatabase = (run: DestructiveRun): Promise<void> => checkReplaceable(run);

/** `db-reset-db-env`: replaces the database by an empty one with the same attributes. */
export async function resetDatabase(run: DestructiveRun): Promise<void> {
  const { stack, environment, terminal, actor, command } = run;
  const { name } = stack.database;
  const { kept } = await replaceDatabase(run, { what: 'reset' });
  if (actor.dryRun) return;
  terminal.ok(`${environment.name}: database ${name} is new and empty, with the attributes of the old one`);
  if (kept !== undefined) reportKept(run, kept);
  terminal.next(command('al-up-env', { ENV: environment.name }));
}
