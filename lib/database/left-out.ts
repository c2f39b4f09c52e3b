/**
 * What a wall leaves out, as patterns (`stg.*`). A pattern lies within another one if all that it names is named by that
 * one as well: `stg.raw` and `stg.raw_*` within `stg.*`. Two that merely meet (`*.b` and `a.*`) are told apart, so the answer
 * may be no where yes were right, and never the other way.
 */
function isWithin(pattern: string, others: readonly string[]): boolean {
  return others.some((other) => {
    const letters = other.split('*').map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&'));
    return new RegExp(`^${letters.join('.*')}$`, 's').test(pattern);
  });
}

/** The patterns of `wanted` that `others` do not cover. */
export const beyond = (wanted: readonly string[], others: readonly string[]): string[] =>
  wanted.filter((pattern) => !isWithin(pattern, others));

/** Patterns that leave out only what both leave out: those of the stronger of two walls, or of one stronger than either. */
export const common = (one: readonly string[], other: readonly string[]): string[] => [
  ...new Set([
    ...one.filter((pattern) => isWithin(pattern, other)),
    ...other.filter((pattern) => isWithin(pattern, one)),
  ]),
];
