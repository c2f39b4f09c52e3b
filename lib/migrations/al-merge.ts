import { FailedError } from '../errors.ts';
import { failed } from './failed.ts';
import { makeFile, type MakingRun } from './make-revision.ts';

/**
 * `al-merge`: creates a revision file that merges all heads.
 *
 * @throws FailedError if there is only one head, or as `makeFile`
 */
export async function mergeHeads(run: MakingRun): Promise<void> {
  const { stack, values, terminal } = run;
  const { ALEMBIC_INI: ini } = values;
  const found = await stack.alembic(['heads'], { ini, quiet: true });
  if (found.status !== 0) throw await failed(run, found, ['heads']);
  const { ends } = found.heads!;
  if (ends.length < 2)
    throw new FailedError(`there is nothing to merge: ${ends.join() || 'no revision'} is the only head`);
  terminal.info(`heads: ${ends.join(', ')}`);
  await makeFile(run, 'merge', ['heads']);
}
