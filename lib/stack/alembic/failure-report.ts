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
export function failureOf(report: FailureReport, parsed: MigrationFailure | undefined): MigrationFailure {
  const { revision, path, place, words, statement, error } = report;
  const more = [
    ...(words?.detail ? [`DETAIL:  ${words.detail}`] : []),
    ...(words?.hint ? [`HINT:  ${words.hint}`] : []),
    ...(words?.context ? [`CONTEXT:  ${words.context}`] : []),
  ];
  return {
    revision: revision ?? undefined,
    file: place?.file ?? path ?? parsed?.file,
    line: place ? (place.line ?? undefined) : path === null ? parsed?.line : undefined,
    function: place?.function ?? undefined,
    statement: statement ?? parsed?.statement,
    position: words?.position ?? undefined,
    message: words ? [words.message, ...more].join('\n') : (parsed?.message ?? error),
    course: report,
  };
}

/** What of the run is in the database and what is not, from where the database is now. */
export function describeCourse(
  { revision, begun, reached, done, transactional, perMigration, autocommit, block }: FailureReport,
  at: readonly string[] | undefined,
): [string, string][] {
  // Before the first migration there is nothing to keep.
  if (revision === null) return [];
  const finished = done.filter((one) => one !== null);
  const same = (heads: readonly string[] | null): boolean =>
    at !== undefined && heads !== null && [...at].sort().join('\n') === [...heads].sort().join('\n');
  const rows: [string, string][] = [];
  const atOnce = autocommit === true || transactional === false;
  if (finished.length > 0) {
    if (same(reached)) rows.push(['kept', listed(finished)]);
    else if (same(begun)) rows.push(['undone', `${listed(finished)}: the run was one transaction`]);
    else if (perMigration === true || atOnce) rows.push(['kept', listed(finished)]);
    else rows.push(['unknown', `whether ${listed(finished)} is kept`]);
  }
  if (atOnce)
    rows.push([
      'kept',
      `what ${revision} had done until there: each statement counts at once (no transaction)`,
    ]);
  else if (block)
    rows.push([
      'kept',
      `what ${revision} did until the end of its last autocommit_block; the rest was rolled back`,
    ]);
  else rows.push(['undone', `${revision}: rolled back`]);
  return rows;
}

const listed = (revisions: readonly string[]): string =>
  revisions.length <= 3
    ? revisions.join(', ')
    : `${revisions[0]!} to ${revisions.at(-1)!} (${revisions.length} revisions)`;

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
