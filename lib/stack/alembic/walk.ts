import { SNAPSHOT } from './snapshot.ts';

/** How walked_alembic.py walks over all revisions. */
export interface WalkOptions {
  /** Up to this revision it only goes up: an earlier walk has come so far. */
  readonly from?: string | undefined;
  /** Revisions with which it only goes up, because their way down is known to fail. */
  readonly upOnly?: readonly string[];
  /** Takes no snapshots, and leads the database to a state: for a look at it with other eyes. */
  readonly end?: State;
  /** Gives all tables rows before each step, takes no snapshots, and compares nothing. */
  readonly rows?: boolean;
  readonly onStep?: (step: Step) => void;
}

/** A state of the schema, on the way over all revisions. */
export interface State {
  readonly revision: string;
  /** After what the revision has done; `nothing`: after the revisions before it. */
  readonly after: 'nothing' | 'up' | 'down' | 'up again';
}

/** What the walk does now. */
export interface Step {
  /** Null when it compares the models. */
  readonly revision: string | null;
  /** From 1. */
  readonly number: number;
  readonly of: number;
  readonly doing: 'up' | 'down' | 'up again' | 'models';
}

/** An object that is in one of two snapshots only, or says something else in the second one. */
export interface CatalogChange {
  readonly kind: string;
  readonly name: string;
  readonly how: 'missing' | 'new' | 'changed';
}

/** Something with data in it that is gone. */
interface Lost {
  readonly kind: 'table' | 'column';
  readonly name: string;
  /** The line in the revision's file that removes it, as far as it can be told. */
  readonly line: number | null;
}

/** Something that a revision reads, and that is not the same elsewhere or later. */
export interface Reading {
  readonly what: 'the clock' | 'chance' | 'the environment' | 'another server';
  /** Null if nobody knows. */
  readonly line: number | null;
}

/** What the walk found about one revision. */
export interface WalkedRevision {
  readonly revision: string;
  readonly path: string;
  /** Whether it has a downgrade that does something. */
  readonly downgrade: boolean;
  /** Where the functions begin; null if they are not in the file. */
  readonly lines: { readonly upgrade: number | null; readonly downgrade: number | null };
  /** What differs after "down" from before "up"; undefined if it did not go down. */
  readonly undone?: readonly CatalogChange[];
  /** What differs after the second "up" from the first one. */
  readonly again?: readonly CatalogChange[];
  readonly reads?: readonly Reading[];
  /** Statements of "up" that may store what is not the same elsewhere; the line is null if nobody knows. */
  readonly reading?: readonly { readonly sql: string; readonly line: number | null }[];
  /** What "down" removes with its data. */
  readonly lost?: readonly Lost[];
}

/** Whether a table has got rows, as far as that has changed. */
interface RowsGiven {
  readonly table: string;
  /** What the server says of the row that does not fit; null if it has rows. */
  readonly why: string | null;
}

/** What alembic's own comparison of the models finds, in words, or why it could not compare. */
export type Models = { readonly operations: readonly string[] } | { readonly error: string };

export interface Walk {
  /** In the order of the walk. */
  readonly revisions: readonly WalkedRevision[];
  /** What it did last; undefined if there was nothing to do. */
  readonly last: Step | undefined;
  /** Null without models in env.py; undefined if the walk did not come so far. */
  readonly models: Models | null | undefined;
  readonly rows: readonly RowsGiven[];
}

/** One line of walked_alembic.py. */
export interface WalkReport {
  readonly walking?: Step;
  readonly walked?: WalkedRevision;
  readonly models?: Models | null;
  readonly rows?: RowsGiven;
}

/** What walked_alembic.py gets. */
export const walkFor = ({ from, upOnly = [], end, rows = false }: WalkOptions): object => ({
  ...{ query: SNAPSHOT, from: from ?? null, upOnly, end: end ?? null, rows },
});

export function walkOf(reports: readonly WalkReport[]): Walk {
  return {
    revisions: reports.flatMap(({ walked }) => walked ?? []),
    last: reports.findLast(({ walking }) => walking)?.walking,
    models: reports.find(({ models }) => models !== undefined)?.models,
    rows: reports.flatMap(({ rows }) => rows ?? []),
  };
}
