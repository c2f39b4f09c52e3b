import type { SideSummary } from '../read/side-summary.ts';

/**
 * What came of comparing two schemas. Plain data: reports are made from it, and JSON=1 prints it. Texts in it hold no
 * password of a subscription or a user mapping, but may hold anything else that a schema can: newlines,
 * control characters, HTML.
 */
export interface Comparison {
  /** `incomplete`: something could not be read, so nobody can say "same"; the differences that were found are still there. */
  readonly verdict: Verdict;
  readonly base: SideSummary;
  readonly compared: SideSummary;
  readonly privileges: 'compared' | 'left out';
  /** Every kind that occurs on a side, sorted by name. */
  readonly objects: readonly KindCount[];
  /** Sorted by kind, schema, table, name and class. One object may have several, one a class. */
  readonly differences: readonly Difference[];
  /** One entry a pattern of the registry, in its order. */
  readonly ignored: readonly { readonly pattern: string; readonly count: number }[];
  /** Sentences: why the verdict is `incomplete`. */
  readonly incomplete: readonly string[];
  /** Sentences: what was not part of this comparison, though all that was asked for could be read. */
  readonly limits: readonly string[];
}

type Verdict = 'same' | 'different' | 'incomplete';

/** Objects of one kind. Those on both sides count once. */
export interface KindCount {
  readonly kind: string;
  readonly identical: number;
  /** Written differently, and proven equal through their syntax trees. */
  readonly equivalent: number;
  readonly different: number;
  /** Different, and accepted by a pattern of the registry. */
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
  /** pg_dump's word (`TABLE`, `INDEX`, `FUNCTION`) or, for what no dump shows, one of ours (`DATABASE SETTING`). */
  readonly kind: string;
  /** Empty where the kind has no schema. */
  readonly schema: string;
  /** With argument types where they tell it apart: `target_for(date, text)`. */
  readonly name: string;
  /** The table or view that it belongs to: of a trigger, rule, policy, constraint, index, default. */
  readonly table?: string;
  readonly class: DifferenceClass;
  /** As people read it: `column net_weight numeric(10,2) → numeric(12,2)`. One line each; may be empty. */
  readonly changes: readonly string[];
  /** Definitions as SQL, on the sides that have the object; for line differences. Absent where there is none. */
  readonly base?: string;
  readonly compared?: string;
}
