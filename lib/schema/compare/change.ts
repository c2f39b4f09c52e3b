import type { DifferenceClass } from './comparison.ts';
import { toldApart } from './look-alike.ts';

/** How two forms of one object differ, within one class. */
export interface Change {
  readonly class: DifferenceClass;
  readonly changes: readonly string[];
  /** True if no pattern may hide it: PUBLIC, grant options, owners of SECURITY DEFINER functions. */
  readonly grave?: boolean;
}

export interface Labels {
  readonly base: string;
  readonly compared: string;
  /** False if a side comes from a server before 18, on which a NOT NULL has no name. */
  readonly notNullNames?: boolean;
}

/** Constraints inside a definition that have another name on the other side: compared name to base name. */
export type Renamed = ReadonlyMap<string, string>;

/** The sentence for a constraint that has another name. An empty name is the default one of a NOT NULL. */
export function renaming(from: string, to: string): string {
  const [one, other] = toldApart(from || USUAL_NAME, to || USUAL_NAME);
  return `constraint ${one} → ${other}`;
}

/** Pairs items with the same key, in order. A key may occur several times. */
export function pair<T>(
  one: readonly T[],
  other: readonly T[],
  key: (item: T) => string,
): { both: [T, T][]; first: T[]; second: T[] } {
  const waiting = new Map<string, T[]>();
  for (const item of other) {
    const of = key(item);
    const items = waiting.get(of);
    if (items) items.push(item);
    else waiting.set(of, [item]);
  }
  const both: [T, T][] = [];
  const first: T[] = [];
  for (const item of one) {
    const match = waiting.get(key(item))?.shift();
    if (match === undefined) first.push(item);
    else both.push([item, match]);
  }
  return { both, first, second: [...waiting.values()].flat() };
}

const USUAL_NAME = '(the usual name of a NOT NULL)';
