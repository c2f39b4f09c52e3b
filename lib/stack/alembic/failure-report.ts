/** How far a run of alembic was when it stopped. */
export interface Course {
  /** The revision that was running; null if there was none yet. */
  readonly revision: string | null;
  /** The database's revisions before the run, and those after the finished migrations; null if unknown. */
  readonly begun: readonly string[] | null;
  readonly reached: readonly string[] | null;
  readonly done: readonly (string | null)[];
  readonly transactional: boolean | null;
  readonly perMigration: boolean | null;
  /** Whether the connection's isolation level commits each statement at once; null if unknown. */
  readonly autocommit: boolean | null;
  /** Whether a part of the revision was in an autocommit_block. */
  readonly block: boolean;
}

/** A place in a Python file. */
export interface CodePlace {
  readonly file: string;
  readonly line: number | null;
  readonly function: string | null;
}

/** Why alembic stopped, as bound_alembic.py reports it. */
export interface FailureReport extends Course {
  /** The revision's file. */
  readonly path: string | null;
  /** The innermost frame of the traceback that is in the revision's file. */
  readonly place: CodePlace | null;
  /** The exception's own line or lines. */
  readonly error: string;
  readonly words: {
    readonly message: string;
    readonly detail: string | null;
    readonly hint: string | null;
    readonly context: string | null;
    /** The position in the statement, in characters from 1. */
    readonly position: number | null;
    /** SQLSTATE */
    readonly state?: string | null;
    /** What the message is about, as far as the server says it. */
    readonly about?: Readonly<Record<'schema' | 'table' | 'column' | 'constraint', string | null>>;
  } | null;
  /** Whether the connection was lost. Left out by an error that SQLAlchemy has not seen. */
  readonly lost?: boolean;
  readonly statement: string | null;
}

/** @param parsed what the printed lines tell, for an exception that is not the database's */
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

/**
 * Which parts of the run are in the database and which are not: labelled rows for the screen.
 *
 * @param at the database's revisions now
 */
export function describeCourse(
  { revision, begun, reached, done, transactional, perMigration, autocommit, block }: Course,
  at: readonly string[] | undefined,
): [string, string][] {
  // It stopped before the first migration: nothing was changed.
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

/** All of a few revisions; of many, the first and the last one. */
export const listed = (revisions: readonly string[]): string =>
  revisions.length <= 3
    ? revisions.join(', ')
    : `${revisions[0]!} to ${revisions.at(-1)!} (${revisions.length} revisions)`;

/** Why alembic stopped, from what it printed. */
export interface MigrationFailure {
  /** The revision that was running; undefined if there was none yet. */
  readonly revision: string | undefined;
  /** The place of the error: the path is that on the machine or in the container that migrates. */
  readonly file: string | undefined;
  readonly line: number | undefined;
  /** The function in that file that was running. */
  readonly function?: string | undefined;
  /** The SQL statement that the database refused. */
  readonly statement: string | undefined;
  /** The position in the statement that the database's message is about, in characters from 1. */
  readonly position?: number | undefined;
  /** The database's own message, or that of the exception. */
  readonly message: string;
  /** How far the run came; undefined if alembic did not report it. */
  readonly course?: FailureReport;
}
