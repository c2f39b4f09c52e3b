import { checkDatabase } from '../database/reset-database.ts';
import { MakesafeError, RefusedError, UsageError, messageOf } from '../errors.ts';
import type { DestructiveRun } from '../task.ts';

/** Whether the database can be replaced, where METHOD says so, and whether BASE is there to be compared with. */
export async function checkRebuild(run: DestructiveRun): Promise<void> {
  const { METHOD, BASE, UNTIL } = run.values as Record<string, string | undefined>;
  await Promise.all([
    ...(METHOD === 'db' ? [checkDatabase(run)] : []),
    ...(BASE === undefined || UNTIL !== 'verify' ? [] : [checkBase(run, BASE)]),
    // After the countdown applications wait for it to be loaded.
    import('./rebuild.ts'),
  ]);
}

/**
 * @throws UsageError when BASE is no name and no file
 * @throws RefusedError when it cannot be read: after the reset nobody could say whether both are the same
 */
async function checkBase(run: DestructiveRun, name: string): Promise<void> {
  const { factsOfBase } = await import('../schema/verify.ts');
  try {
    const { facts } = await factsOfBase(run, name);
    await facts?.query('SELECT');
  } catch (error) {
    if (!(error instanceof MakesafeError) || error instanceof UsageError) throw error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    throw new RefusedError(
      `refused; nothing was touched\nBASE=${name} cannot be read: ${messageOf(error)}`,
      hint,
    );
  }
}
