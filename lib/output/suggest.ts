import { createRequire } from 'node:module';

/** Loaded only after a typing mistake, so that other runs start faster. */
const leven = (): ((one: string, other: string) => number) =>
  (createRequire(import.meta.url)('leven') as typeof import('leven')).default;

/** The candidate that the person probably meant; undefined if none is similar. */
export function nearest(typed: string, candidates: Iterable<string>): string | undefined {
  // NFKC turns the full-width letters of a Japanese input method (ｖｍ＿ｓｔｇ) into ASCII.
  const plain = (text: string): string => text.normalize('NFKC').trim().toLowerCase().replaceAll('-', '_');
  const wanted = plain(typed);
  const distance = leven();
  const ranked = [...candidates]
    .map((candidate) => ({ candidate, distance: distance(wanted, plain(candidate)) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(1, Math.floor(wanted.length / 3)) ? best.candidate : undefined;
}
