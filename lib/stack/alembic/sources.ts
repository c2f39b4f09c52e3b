/** What to tell of the files that alembic reads. */
export interface TraceOptions {
  /** Other files whose content is told. Undefined: no content is told, only names. */
  readonly also?: readonly string[] | undefined;
}

/** A revision, its file, and the revisions that come before it. */
interface RevisionFile {
  readonly id: string;
  readonly path: string;
  readonly after: readonly string[];
}

/**
 * What a run of alembic was made of. Paths are those of the machine or container that runs it. Known are files that Python
 * has opened; not known are the clock, the network, and libraries other than alembic and SQLAlchemy.
 */
export interface Sources {
  /** SHA-256 of each file; null: it is not there, or was changed meanwhile. */
  readonly contents: Readonly<Record<string, string | null>>;
  /** Files that are read before the first revision runs: `alembic current` reads the same. */
  readonly early: readonly string[];
  /** Files that revisions have read while they ran. */
  readonly late: readonly string[];
  readonly revisions: readonly RevisionFile[];
}

/** Only these fields of a report. */
export const sourcesOf = ({ contents, early, late, revisions }: Sources): Sources => ({
  ...{ contents, early, late, revisions },
});
