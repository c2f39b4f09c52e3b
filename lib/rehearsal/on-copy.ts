import { inStaging } from '../database/replace/staging.ts';
import { RefusedError } from '../errors.ts';
import { DEFAULT_LIMITS, type Limits } from '../migrations/hazards.ts';
import type { StackRun } from '../run/run.ts';
import { migrateCopy, type Rehearsed, type Rehearsing } from './migrate-copy.ts';

/**
 * Fills a staging database with the copy, and migrates it there. The staging database is dropped in any case.
 *
 * @throws RefusedError if the copy cannot be brought to where the environment is
 */
export async function migrateOnCopy(
  rehearsing: Omit<Rehearsing, 'staging' | 'without' | 'limits'>,
): Promise<Rehearsed> {
  const { run, target, copy } = rehearsing;
  let rehearsed: Rehearsed | undefined;
  let refusal: RefusedError | undefined;
  await inStaging(target, async (staging, client) => {
    const without = await copy.fill(staging, client);
    const all = { ...rehearsing, staging, without, limits: limitsOf(run) };
    rehearsed = await migrateCopy(all).catch((error: unknown) => {
      if (!(error instanceof RefusedError)) throw error;
      refusal = error;
      return undefined;
    });
  });
  if (refusal) throw refusal;
  return rehearsed!;
}

/** Seconds in the registry, milliseconds here. */
const limitsOf = ({ environment }: StackRun): Limits => {
  const { blocks, long } = environment.entry.hazards ?? {};
  return {
    blocks: blocks === undefined ? DEFAULT_LIMITS.blocks : blocks * 1000,
    long: long === undefined ? DEFAULT_LIMITS.long : long * 1000,
  };
};
