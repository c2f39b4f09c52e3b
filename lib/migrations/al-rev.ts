import type { StackRun } from '../run/run.ts';
import { makeFile, type MakingRun } from './make-revision.ts';
import type { Giving } from '../parameters/parameter.ts';

/** A run of a task that creates a revision file after an existing revision. */
export type HeadRun = MakingRun & StackRun<Giving<{ HEAD: string }>>;

/**
 * `al-rev`: creates a revision file, empty unless `flags` say otherwise.
 *
 * @throws FailedError if the file was created in a container and not in the checkout
 */
export async function makeRevision(run: HeadRun, flags: readonly string[] = []): Promise<void> {
  const { HEAD: head } = run.values;
  await makeFile(run, 'revision', [...flags, ...(head === 'head' ? [] : [`--head=${head}`])]);
}
