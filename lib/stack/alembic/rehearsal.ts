import type { CodePlace, Course } from './failure-report.ts';

/** A statement of the rehearsal. */
export interface RehearsedStatement {
  /** See `WatchedStatement`. */
  readonly sha256: string;
  /** What it is, for a person, without its text: `ALTER TABLE of mart.items`. */
  readonly what: string;
}

/** What a run is held to, see rehearsed_alembic.py. */
export interface Rehearsal {
  /** The statements of each revision, in their order. Equal ones in a row are one. */
  readonly statements: Readonly<Record<string, readonly RehearsedStatement[]>>;
  /** Who wrote them, see `Watched.by`. If it is somebody else here, nothing is compared. */
  readonly by: string | null;
  /** Whether the first statement that differs ends the run, before it is sent. Else it is only reported. */
  readonly stops: boolean;
}

/** The first statement that is not the rehearsed one, and how far the run was. */
export interface Difference extends Course {
  /** The line of the revision's file that was being run. */
  readonly place: CodePlace | null;
  /** The statement that was about to be sent; null if the revision ended, and the rehearsed one went on. */
  readonly statement: string | null;
  /** How many of the revision's rehearsed statements were left. */
  readonly left: number;
}

/** The same with nothing but the hashes, for rehearsed_alembic.py. */
export const hashesOf = ({ statements, ...rest }: Rehearsal): object => ({
  ...rest,
  statements: Object.fromEntries(
    Object.entries(statements).map(([revision, list]) => [revision, list.map(({ sha256 }) => sha256)]),
  ),
});

/** The statement that was expected where a run differed; undefined if there was none any more. */
export const expectedAt = (
  { statements }: Rehearsal,
  { revision, left }: Pick<Difference, 'revision' | 'left'>,
): RehearsedStatement | undefined => {
  const own = revision === null ? [] : (statements[revision] ?? []);
  return own[own.length - left];
};
