import { resolve } from 'node:path';
import { plantSeed, readSeed } from '../database/apply/db-seed.ts';
import { checksum } from '../dump/checksum.ts';
import type { Seed } from '../environment/entry.ts';
import { ConfigurationError } from '../errors.ts';
import { reaches, type RebuildRun } from './parameters.ts';

/** The seed that a rebuild runs behind the migrations; undefined on a protected environment, which gets no test data. */
export const seedOf = ({
  values,
  environment: { entry, names },
}: Pick<RebuildRun, 'values' | 'environment'>): Seed | undefined =>
  entry.protected || !values.SEED ? undefined : names.seed;

/** The same for a run that comes as far as the seed. */
const seedOfThisRun = (run: RebuildRun): Seed | undefined => (reaches(run, 'seed') ? seedOf(run) : undefined);

/** Checks, before anything is destroyed, that the seed can be run. @throws ConfigurationError with the reason */
export async function checkSeed(run: RebuildRun): Promise<void> {
  const { environment, stack } = run;
  const seed = seedOfThisRun(run);
  if (typeof seed === 'string') await readSeed(run, seed);
  else if (seed && !stack.application)
    throw new ConfigurationError(
      `the seed of ${environment.name} is a command of the application, and it has no containers`,
      { hint: "SEED=0, or a file in env/environments.ts: seed: 'scripts/db/seed.sql'" },
    );
}

/** SHA-256 of the seed, if this run comes to one that is a file: only then it is known what rows it makes. */
export async function seedHash(run: RebuildRun): Promise<string | undefined> {
  const seed = seedOfThisRun(run);
  return typeof seed === 'string' ? checksum(resolve(run.root, seed)) : undefined;
}

/**
 * Runs the seed, and in front of a command starts the application, in whose container it runs.
 *
 * @returns SHA-256 of the file that was run; undefined of a command, and of a file that was changed meanwhile
 * @throws FailedError if it fails; of a file nothing is kept then
 */
export async function runSeed(run: RebuildRun, seed: Seed): Promise<string | undefined> {
  const { stack, values, actor } = run;
  // The database that the guard has shown is gone; the new one has been marked.
  const inNew = { ...run, identity: undefined };
  if (typeof seed !== 'string') {
    await stack.up({ build: false, timeout: values.TIMEOUT });
    // In a dry run there is nothing new that the application could reach.
    await (actor.dryRun ? stack.shell(seed.command, undefined) : plantSeed(inNew, seed));
    return undefined;
  }
  const before = await seedHash(run);
  await plantSeed(inNew, seed);
  return before === (await seedHash(run)) ? before : undefined;
}
