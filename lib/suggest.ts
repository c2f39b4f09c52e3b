import leven from 'leven';

/** The candidate that the person most probably meant, or undefined when none is near. */
export function nearest(typed: string, candidates: Iterable<string>): string | undefined {
  // NFKC turns what a Japanese input method types (ｖｍ＿ｓｔｇ) into the letters that were meant.
  const plain = (text: string): string => text.normalize('NFKC').trim().toLowerCase().replaceAll('-', '_');
  const wanted = plain(typed);
  const ranked = [...candidates]
    .map((candidate) => ({ candidate, distance: leven(wanted, plain(candidate)) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(1, Math.floor(wanted.length / 3)) ? best.candidate : undefined;
}
