import { diffArrays, diffWordsWithSpace } from 'diff';
import { toldApart } from '../compare/look-alike.ts';
import { printableLine } from '../../output/printable.ts';

/** Part of a line; `marked` if it differs from the line of the other side. */
interface Piece {
  readonly text: string;
  readonly marked: boolean;
}

export interface Line {
  /** Counted from 1. */
  readonly number: number;
  readonly pieces: readonly Piece[];
}

/** A row of two definitions side by side. */
export type Row =
  | { readonly kind: 'same' | 'changed'; readonly base: Line; readonly compared: Line }
  | { readonly kind: 'removed'; readonly base: Line; readonly compared?: undefined }
  | { readonly kind: 'added'; readonly base?: undefined; readonly compared: Line }
  | Gap;

/** Lines left out: equal lines far from any change, or lines after the first `MOST_ROWS`. */
export interface Gap {
  readonly kind: 'equal lines' | 'more lines';
  readonly count: number;
}

/** Equal lines shown before and after a change. */
const CONTEXT = 3;
/** Rows shown of one definition. Nobody reads more in a report. */
const MOST_ROWS = 400;
/** Characters shown of one line. A longer line is data in a function's body. */
const MOST_CHARACTERS = 1_000;
/** Changed lines of one definition in which words are compared. */
const MOST_MARKED = 50;
/** The search for the shortest difference stops after so many edits: its time grows with their square. */
const MOST_EDITS = { lines: 400, words: 200 };

/**
 * Compares two definitions line by line; one of them may be missing. Time and size are limited for any input: if the
 * two have too little in common, all lines of one side count as removed and all of the other as added.
 *
 * @param list whether the lines are a list, for instance of columns: then a missing comma at the end is no change
 */
export function compareLines(base: string | undefined, compared: string | undefined, list = false): Row[] {
  const [left, right] = [split(base), split(compared)];
  const all = fold(align(left, right, list));
  let marked = 0;
  const rows = all.slice(0, MOST_ROWS).map((place) => {
    const changed = !('kind' in place) && !place.equal;
    return toRow(place, left, right, changed && (marked += 1) <= MOST_MARKED);
  });
  return all.length <= MOST_ROWS ? rows : [...rows, { kind: 'more lines', count: all.length - MOST_ROWS }];
}

const split = (text = ''): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

/** Indices of the two lines in one row. */
interface Place {
  readonly equal: boolean;
  readonly base?: number;
  readonly compared?: number;
}

function align(left: string[], right: string[], list: boolean): Place[] {
  const bare = (line: string): string => (list ? line.replace(/,$/, '') : line);
  const options = {
    maxEditLength: MOST_EDITS.lines,
    comparator: (one: string, other: string) => bare(one) === bare(other),
  };
  const parts = diffArrays(left, right, options) ?? [
    { value: left, removed: true, added: false },
    { value: right, removed: false, added: true },
  ];
  const places: Place[] = [];
  let [base, compared] = [0, 0];
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at]!;
    const next = parts[at + 1];
    if (!part.removed && !part.added) {
      for (let row = 0; row < part.value.length; row++)
        places.push({ equal: true, base: base++, compared: compared++ });
      continue;
    }
    // Removed lines are put beside the lines that were added in the same place, in order.
    const removed = part.removed ? part.value.length : 0;
    const added = part.added ? part.value.length : next?.added ? next.value.length : 0;
    for (let row = 0; row < Math.max(removed, added); row++) {
      places.push({
        equal: false,
        ...(row < removed ? { base: base++ } : {}),
        ...(row < added ? { compared: compared++ } : {}),
      });
    }
    if (part.removed && next?.added) at += 1;
  }
  return places;
}

/** Replaces equal lines far from any change by a gap, except a single line, which needs no more space. */
function fold(places: readonly Place[]): (Place | Gap)[] {
  const near = new Set<number>();
  places.forEach(({ equal }, at) => {
    if (!equal) for (let other = at - CONTEXT; other <= at + CONTEXT; other++) near.add(other);
  });
  const folded: (Place | Gap)[] = [];
  let far: Place[] = [];
  const flush = (): void => {
    if (far.length > 1) folded.push({ kind: 'equal lines', count: far.length });
    else folded.push(...far);
    far = [];
  };
  for (const [at, place] of places.entries()) {
    if (!near.has(at)) {
      far.push(place);
      continue;
    }
    flush();
    folded.push(place);
  }
  flush();
  return folded;
}

function toRow(place: Place | Gap, left: readonly string[], right: readonly string[], mark: boolean): Row {
  if ('kind' in place) return place;
  const { base, compared, equal } = place;
  const line = (index: number, pieces: readonly Piece[]): Line => ({ number: index + 1, pieces });
  if (base === undefined) return { kind: 'added', compared: line(compared!, whole(right[compared!]!)) };
  if (compared === undefined) return { kind: 'removed', base: line(base, whole(left[base]!)) };
  if (equal) {
    return {
      kind: 'same',
      base: line(base, whole(left[base]!)),
      compared: line(compared, whole(right[compared]!)),
    };
  }
  const [before, after] = mark
    ? markWords(left[base]!, right[compared]!)
    : [whole(left[base]!), whole(right[compared]!)];
  return { kind: 'changed', base: line(base, before), compared: line(compared, after) };
}

const whole = (text: string, around = 0): Piece[] => {
  const { head, shown, tail } = clip(text, around);
  return [{ text: head + printableLine(shown) + tail, marked: false }];
};

/** Marks the words in which two lines differ. Lines that have nothing in common are not marked. */
function markWords(left: string, right: string): [Piece[], Piece[]] {
  const [before, after] = toldApart(left, right);
  const around = firstDifference(before, after);
  const [one, other] = [clip(before, around), clip(after, around)];
  const parts =
    diffWordsWithSpace(printableLine(one.shown), printableLine(other.shown), {
      maxEditLength: MOST_EDITS.words,
    }) ?? [];
  const common = parts.some(({ added, removed, value }) => !added && !removed && /[\p{L}\p{N}]/u.test(value));
  if (!common) return [whole(before, around), whole(after, around)];
  const side = ({ head, tail }: Clipped, absent: 'added' | 'removed'): Piece[] =>
    [
      { text: head, marked: false },
      ...parts
        .filter((part) => !part[absent])
        .map(({ value, added, removed }) => ({ text: value, marked: added || removed })),
      { text: tail, marked: false },
    ].filter(({ text }) => text !== '');
  return [side(one, 'added'), side(other, 'removed')];
}

function firstDifference(before: string, after: string): number {
  let at = 0;
  while (at < before.length && before[at] === after[at]) at += 1;
  return at;
}

interface Clipped {
  readonly head: string;
  readonly shown: string;
  readonly tail: string;
}

/** The part of a long line around the first difference. */
function clip(line: string, around: number): Clipped {
  if (line.length <= MOST_CHARACTERS) return { head: '', shown: line, tail: '' };
  const from = Math.max(0, Math.min(around - MOST_CHARACTERS / 4, line.length - MOST_CHARACTERS));
  const to = from + MOST_CHARACTERS;
  const left = line.length - to;
  return {
    head: from > 0 ? '… ' : '',
    shown: line.slice(from, to),
    tail: left > 0 ? ` … (${left} more characters)` : '',
  };
}
