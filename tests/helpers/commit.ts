import { execFileSync } from 'node:child_process';

/** The commit as a number: what takes a sample of many takes another one with each commit. */
export const COMMIT = parseInt(
  execFileSync('git', ['rev-parse', 'HEAD'], { cwd: import.meta.dirname, encoding: 'utf8' }).slice(0, 7),
  16,
);

/** So many of a list, others with each commit, until all have had their turn. */
export function sampleOf<T>(all: readonly T[], count: number): T[] {
  const first = (COMMIT * count) % all.length;
  return Array.from(
    { length: Math.min(count, all.length) },
    (_, index) => all[(first + index) % all.length]!,
  );
}
