import type { SideSummary } from '../read/side-summary.ts';

/**
 * The result of comparing two schemas. Plain data: all reports are made from it, and JSON=1 prints it. Passwords of
 * subscriptions and user mappings are masked. Any other text that a schema may have can occur in it: line breaks,
 * control characters, HTML.
 */
export interface Comparison {
  /** `incomplete`: something could not be read, so "same" is impossible. Differences that were found are listed. */
  readonly verdict: Verdict;
  readonly base: SideSummary;
  readonly compared: SideSummary;
  readonly privileges: 'compared' | 'left out';
  /** Every kind of object on either side, sorted by name. */
  readonly objects: readonly KindCount[];
  /** Sorted by kind, schema, table, name and class. An object has one for each class in which it differs. */
  readonly differences: readonly Difference[];
  /** One for each pattern of the registry, in its order. */
  readonly ignored: readonly { readonly pattern: string; readonly count: number }[];
  /** Sentences that say why the verdict is `incomplete`. */
  readonly incomplete: readonly string[];
  /** Sentences that say what this comparison did not cover, although everything could be read. */
  readonly limits: readonly string[];
}

type Verdict = 'same' | 'different' | 'incomplete';

/** Counts of objects of one kind. An object on both sides counts once. */
export interface KindCount {
  readonly kind: string;
  readonly identical: number;
  /** Written differently, but with equal syntax trees. */
  readonly equivalent: number;
  readonly different: number;
  /** Different, but accepted by a pattern of the registry. */
  readonly ignored: number;
}

export type DifferenceClass =
  | 'only in base'
  | 'only in compared'
  | 'definition'
  | 'column order'
  | 'constraint name'
  | 'owner'
  | 'privileges'
  | 'comment'
  | 'storage';

export interface Difference {
  /** pg_dump's word (`TABLE`, `INDEX`, `FUNCTION`); for what a dump does not show, makesafe's (`DATABASE SETTING`). */
  readonly kind: string;
  /** Empty if the kind has no schema. */
  readonly schema: string;
  /** With argument types if they are needed to identify it: `target_for(date, text)`. */
  readonly name: string;
  /** The table or view of a trigger, rule, policy, constraint, index or default. */
  readonly table?: string;
  readonly class: DifferenceClass;
  /** For people: `column net_weight numeric(10,2) → numeric(12,2)`. One line each; may be empty. */
  readonly changes: readonly string[];
  /** Definitions as SQL, for line differences. Undefined on a side without the object. */
  readonly base?: string;
  readonly compared?: string;
}
