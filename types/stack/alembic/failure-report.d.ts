/** Why alembic stopped, as bound_alembic.py says it. */
export interface FailureReport {
  readonly revision: string | null;
  /** Its file. */
  readonly path: string | null;
  /** The innermost line of it that was running. */
  readonly place: {
    readonly file: string;
    readonly line: number | null;
    readonly function: string | null;
  } | null;
  /** The exception's own line or lines. */
  readonly error: string;
  readonly words: {
    readonly message: string;
    readonly detail: string | null;
    readonly hint: string | null;
    readonly context: string | null;
    /** A character of the statement, from 1. */
    readonly position: number | null;
  } | null;
  readonly statement: string | null;
  /** Where the database was, and where the revisions lead that were done; null where it did not come so far. */
  readonly begun: readonly string[] | null;
  readonly reached: readonly string[] | null;
  readonly done: readonly (string | null)[];
  readonly transactional: boolean | null;
  readonly perMigration: boolean | null;
  /** Each statement is kept at once, by the connection's isolation level; null where that cannot be seen. */
  readonly autocommit: boolean | null;
  /** Parts of the revision were in an autocommit_block. */
  readonly block: boolean;
}
/** @param parsed what the printed lines say, for an exception that is no database's */
export declare function failureOf(
  report: FailureReport,
  parsed: MigrationFailure | undefined,
): MigrationFailure;
/** What of the run is in the database and what is not, from where the database is now. */
export declare function describeCourse(
  { revision, begun, reached, done, transactional, perMigration, autocommit, block }: FailureReport,
  at: readonly string[] | undefined,
): [string, string][];
/** Why alembic stopped, from what it printed. */
export interface MigrationFailure {
  /** The revision that it was running; undefined when it did not come that far. */
  readonly revision: string | undefined;
  /** Where in the revision's file, as the place that migrates sees it. */
  readonly file: string | undefined;
  readonly line: number | undefined;
  /** The function of it that was running. */
  readonly function?: string | undefined;
  /** The SQL statement that the database refused. */
  readonly statement: string | undefined;
  /** The character of it that the database's message is about, from 1. */
  readonly position?: number | undefined;
  /** The database's own message, or that of the exception. */
  readonly message: string;
  /** How far the run had come; undefined where alembic could not be asked. */
  readonly course?: FailureReport;
}
