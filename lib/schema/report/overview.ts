import type { Comparison, Difference } from '../compare/comparison.ts';
import { CONCERNS, concernOfChange, type Concern } from './concern.ts';
import { changeLines } from './wording.ts';

/** One change, as a line of its own. */
interface OverviewLine {
  readonly difference: Difference;
  readonly text: string;
}

export interface OverviewPart {
  readonly concern: Concern;
  /** The first few, those that reach furthest in front. */
  readonly lines: readonly OverviewLine[];
  /** How many there are. */
  readonly count: number;
}

/** Lines of each concern that are shown. */
const MOST = 3;

/** Everybody, or everything: what is looked at first. */
const FAR = /\bPUBLIC\b|SUPERUSER|BYPASSRLS|ROW LEVEL SECURITY|SECURITY DEFINER|GRANT OPTION|_all_data\b/;

/** Then what is on one side only. */
function rankOf({ text, difference }: OverviewLine): number {
  if (FAR.test(text) || FAR.test(difference.name)) return 0;
  return difference.class.startsWith('only in') ? 1 : 2;
}

/** What has changed, by what it means to the person who decides; only what there is. */
export function overviewOf(comparison: Comparison): OverviewPart[] {
  const all = new Map<Concern, OverviewLine[]>(CONCERNS.map((concern) => [concern, []]));
  for (const difference of comparison.differences) {
    const { changes } = difference;
    const lines = changeLines(difference, comparison);
    // A line in front of the changes says that the object is on one side only.
    const inFront = lines.length - changes.length;
    lines.forEach((text, at) => {
      const change = changes[at - inFront] ?? '';
      all.get(concernOfChange(difference, change))!.push({ difference, text });
    });
  }
  return [...all].flatMap(([concern, lines]) => {
    if (lines.length === 0) return [];
    const first = [0, 1, 2].flatMap((rank) => lines.filter((line) => rankOf(line) === rank)).slice(0, MOST);
    return [{ concern, lines: first, count: lines.length }];
  });
}
