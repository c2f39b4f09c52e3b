import type { InnerConstraint } from './inner-constraints.ts';

/** One thing that a definition says. Two definitions mean the same when their facets do. */
export interface Facet {
  readonly class: 'definition' | 'storage';
  /** What it is about, the same on both sides: `column a`. */
  readonly key: string;
  /** What stands in front of it in a message; empty for the object itself. */
  readonly label: string;
  readonly text: string;
  readonly meaning: string;
}

/** A definition taken apart. */
export interface Facets {
  readonly facets: readonly Facet[];
  /** Columns, or attributes of a composite type, in their order. */
  readonly columns: readonly string[];
  /** Constraints inside the definition, whose names can differ by themselves. */
  readonly constraints: readonly InnerConstraint[];
  /** Names of the columns that have a default. */
  readonly defaults: readonly string[];
  /** … and of those that may not be null. */
  readonly notNulls: readonly string[];
  /** NOT NULL under its usual name, which no definition shows. */
  readonly unnamed: readonly InnerConstraint[];
}
