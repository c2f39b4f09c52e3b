import { checkDatabase } from '../database/reset-database.ts';
import { MakesafeError, RefusedError, UsageError, messageOf } from '../errors.ts';
import type { DestructiveRun } from '../task.ts';

/**
 * Whether the database can be replaced, where METHOD says so, whether the migrations behind the reset would go to it, and
 * whether BASE is there to be compared with.
 */
export async function checkRebuild(run: DestructiveRun): Promise<void> {
  const { METHOD, BASE, UNTIL } = run.values as Record<string, string | undefined>;
  await Promise.all([
    ...(METHOD === 'db' ? [checkDatabase(run)] : []),
    ...(['migrate', 'current', 'verify'].includes(UNTIL!) ? [checkAlembic(run)] : []),
    ...(BASE === undefined || UNTIL !== 'verify' ? [] : [checkBase(run, BASE)]),
    // After the countdown applications wait for it to be loaded.
    import('./rebuild.ts'),
  ]);
}

/**
 * What cannot be seen yet, because application or server is down, the migration itself refuses.
 *
 * @throws RefusedError when alembic reaches another database, or nobody can see which
 */
async function checkAlembic({ stack, values }: DestructiveRun): Promise<void> {
  const ini = values['ALEMBIC_INI'] as string | undefined;
  try {
    await stack.alembic(['current'], { ini, quiet: true, strict: true });
  } catch (error) {
    if (!(error instanceof MakesafeError) || error instanceof RefusedError) throw error;
  }
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
