import type { Comparison, Difference } from '../compare/comparison.ts';
import { CONCERNS, concernOfChange, type Concern } from './concern.ts';
import { changeLines } from './wording.ts';

/** One change in one line. */
interface OverviewLine {
  readonly difference: Difference;
  readonly text: string;
}

export interface OverviewPart {
  readonly concern: Concern;
  /** The most important lines. */
  readonly lines: readonly OverviewLine[];
  /** The number of all lines. */
  readonly count: number;
}

/** Lines shown for each concern. */
const MOST = 3;

/** Words about everybody or everything: these changes come first. */
const FAR = /\bPUBLIC\b|SUPERUSER|BYPASSRLS|ROW LEVEL SECURITY|SECURITY DEFINER|GRANT OPTION|_all_data\b/;

/** Then come objects that exist on one side only. */
function rankOf({ text, difference }: OverviewLine): number {
  if (FAR.test(text) || FAR.test(difference.name)) return 0;
  return difference.class.startsWith('only in') ? 1 : 2;
}

/** The changes by concern; only concerns that have changes. */
export function overviewOf(comparison: Comparison): OverviewPart[] {
  const all = new Map<Concern, OverviewLine[]>(CONCERNS.map((concern) => [concern, []]));
  for (const difference of comparison.differences) {
    const { changes } = difference;
    const lines = changeLines(difference, comparison);
    // A line before the changes says that the object exists on one side only.
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
