import type { StackRun } from '../run/run.ts';
import { makeFile } from './make-revision.ts';

/**
 * `al-rev`: makes a revision file, empty unless `flags` have it filled.
 *
 * @throws FailedError where it was made in a container and not in the checkout
 */
export async function makeRevision(run: StackRun, flags: readonly string[] = []): Promise<void> {
  const head = run.values['HEAD'] as string;
  await makeFile(run, 'revision', [...flags, ...(head === 'head' ? [] : [`--head=${head}`])]);
}
