import type { StackRun } from '../run/run.ts';
import { makeFile, type MakingRun } from './make-revision.ts';
import type { Giving } from '../parameters/parameter.ts';

/** A run of a task that makes a revision file behind another one. */
export type HeadRun = MakingRun & StackRun<Giving<{ HEAD: string }>>;

/**
 * `al-rev`: makes a revision file, empty unless `flags` have it filled.
 *
 * @throws FailedError where it was made in a container and not in the checkout
 */
export async function makeRevision(run: HeadRun, flags: readonly string[] = []): Promise<void> {
  const { HEAD: head } = run.values;
  await makeFile(run, 'revision', [...flags, ...(head === 'head' ? [] : [`--head=${head}`])]);
}
