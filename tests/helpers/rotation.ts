import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sampleOf } from './commit.ts';

/**
 * The files of a suite: all of them, or with `MAKESAFE_TESTS=rotating` those of `always` and so many others, which are
 * other ones with each commit. For CI, where all of them take too long.
 *
 * @param folder below tests/
 * @param always names of files, without `.test.ts`
 * @returns globs for vitest
 */
export function filesOf(folder: string, always: readonly string[], others: number): string[] {
  if (process.env['MAKESAFE_TESTS'] !== 'rotating') return [`tests/${folder}/**/*.test.ts`];
  const names = readdirSync(join(import.meta.dirname, '..', folder))
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => name.slice(0, -SUFFIX.length));
  const absent = always.filter((name) => !names.includes(name));
  if (absent.length > 0) throw new Error(`tests/${folder} has no ${absent.join(', ')}`);
  const chosen = [
    ...always,
    ...sampleOf(
      names.filter((name) => !always.includes(name)),
      others,
    ),
  ];
  return chosen.map((name) => `tests/${folder}/${name}${SUFFIX}`);
}

const SUFFIX = '.test.ts';
