import { createRequire } from 'node:module';

/** Loaded when somebody has mistyped: every task would wait for it. */
const leven = (): ((one: string, other: string) => number) =>
  (createRequire(import.meta.url)('leven') as typeof import('leven')).default;

/** The candidate that the person most probably meant, or undefined when none is near. */
export function nearest(typed: string, candidates: Iterable<string>): string | undefined {
  // NFKC turns what a Japanese input method types (ｖｍ＿ｓｔｇ) into the letters that were meant.
  const plain = (text: string): string => text.normalize('NFKC').trim().toLowerCase().replaceAll('-', '_');
  const wanted = plain(typed);
  const distance = leven();
  const ranked = [...candidates]
    .map((candidate) => ({ candidate, distance: distance(wanted, plain(candidate)) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(1, Math.floor(wanted.length / 3)) ? best.candidate : undefined;
}
