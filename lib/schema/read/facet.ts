import type { InnerConstraint } from './inner-constraints.ts';

/** One statement of a definition. Two definitions mean the same if their facets do. */
export interface Facet {
  readonly class: 'definition' | 'storage';
  /** What it is about; the same on both sides: `column a`. */
  readonly key: string;
  /** The text before it in a message; empty for the object itself. */
  readonly label: string;
  readonly text: string;
  readonly meaning: string;
}

/** A definition, split into facets. */
export interface Facets {
  readonly facets: readonly Facet[];
  /** Columns, or attributes of a composite type, in order. */
  readonly columns: readonly string[];
  /** Constraints inside the definition. Their names may differ while the rest is the same. */
  readonly constraints: readonly InnerConstraint[];
  /** Names of columns with a default. */
  readonly defaults: readonly string[];
  /** Names of columns that are NOT NULL. */
  readonly notNulls: readonly string[];
  /** NOT NULL constraints with the default name, which a definition does not show. */
  readonly unnamed: readonly InnerConstraint[];
}
