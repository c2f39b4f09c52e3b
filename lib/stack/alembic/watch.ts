/** How a run is watched. */
export interface WatchOptions {
  /**
   * Whether rows are counted: of all tables before the first revision, and of the changed ones after each. It reads
   * whole tables, so only for a copy.
   */
  readonly count: boolean;
}

/** A relation's name is quoted where it has to be, with its schema: `mart.items`. */
type RelationName = string;

/** A revision that the run came to. */
export interface WatchedRevision {
  readonly revision: string | null;
  readonly way: 'up' | 'down';
  /** The name of its file, without the folder; null if unknown. */
  readonly file: string | null;
  /** Of the file's content; null if it could not be read. */
  readonly sha256: string | null;
  /** What the file has as `downgrade()`: nothing, one that does nothing, one that only raises, or one that works. */
  readonly downgrade: 'none' | 'empty' | 'raises' | 'there' | null;
}

interface WatchedLock {
  readonly relation: RelationName;
  /** `relkind` of pg_class. */
  readonly relationKind: string;
  /** As in pg_locks: `AccessExclusiveLock`. */
  readonly mode: string;
  /** Whether the relation existed before the run. */
  readonly existed: boolean;
}

interface Rewritten {
  readonly relation: RelationName;
  /** `r`, or `m` for a materialized view. */
  readonly relationKind: string;
  readonly existed: boolean;
  /** Rows before and after; null if they were not counted. */
  readonly rows: number | null;
  readonly left: number | null;
}

/** A table that existed before, or a column of one, that is gone. */
interface Dropped {
  readonly relation: RelationName;
  /** Null: the table itself. */
  readonly column: string | null;
  /** The rows that held data there; null if they were not counted. */
  readonly rows: number | null;
}

/** A column of a table that existed before, that has another type. */
interface Retyped {
  readonly relation: RelationName;
  readonly column: string;
  /** Types as PostgreSQL writes them: `character varying(100)`. */
  readonly from: string;
  readonly to: string;
  readonly rows: number | null;
}

/** Rows that were written, also by triggers and cascades. */
interface Changed {
  readonly relation: RelationName;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  readonly existed: boolean;
}

export interface WatchedStatement {
  readonly revision: string | null;
  /** Within the revision, from 1. */
  readonly number: number;
  /**
   * Of the SQL as it was sent, without the parameters; on a copy with the name of the database that the copy is of. Null
   * for something that was only seen by what it did.
   */
  readonly sha256: string | null;
  /** The words that it begins with: `ALTER TABLE`. Never a name or a literal. */
  readonly verb: string | null;
  /** Milliseconds; null if it was not seen itself. */
  readonly ms: number | null;
  /** The rows that the driver counted; null if it does not know. */
  readonly rows: number | null;
  /** Bytes that the whole server wrote to its WAL meanwhile. */
  readonly wal: number;
  /** Whether it shares a transaction with others. If not, its locks could not be seen. */
  readonly together: boolean;
  readonly locks: readonly WatchedLock[];
  readonly rewritten: readonly Rewritten[];
  readonly dropped: readonly Dropped[];
  readonly retyped: readonly Retyped[];
  readonly changed: readonly Changed[];
  /** Something went past the drivers that are watched: COPY of asyncpg, for example. */
  readonly unseen?: true;
  /** SQLSTATE, or the exception's class, if it failed. */
  readonly failed?: string;
}

/** A lock, from the statement that took it until its transaction ended. */
export interface HeldLock extends WatchedLock {
  readonly revision: string | null;
  readonly number: number;
  readonly ms: number;
  /** How the transaction ended; `unseen` if not through SQLAlchemy. */
  readonly how: 'commit' | 'rollback' | 'savepoint' | 'unseen';
}

/** Values that went while their rows stayed. */
export interface Emptied {
  readonly revision: string | null;
  readonly relation: RelationName;
  readonly column: string;
  readonly rows: number;
}

/** Rows by table; null: they could not be counted. */
export type RowCounts = Readonly<Record<RelationName, number | null>>;

/** What a watched run of alembic did, in its order. */
export interface Watched {
  readonly revisions: readonly WatchedRevision[];
  readonly statements: readonly WatchedStatement[];
  readonly held: readonly HeldLock[];
  readonly emptied: readonly Emptied[];
  /** Rows of each table; null: not counted, or the role may not read it. */
  readonly rows: { readonly before: RowCounts; readonly after: RowCounts };
  /** Why a look failed: then something may be missing above. */
  readonly lost: readonly string[];
  /** Who writes the statements: `alembic 1.8.1, SQLAlchemy 1.4.46, psycopg2`. Null if no revision ran. */
  readonly by: string | null;
}

/** One report of watched_alembic.py. */
export type WatchReport =
  | (WatchedRevision & { readonly kind: 'revision' })
  | (WatchedStatement & { readonly kind: 'statement' })
  | {
      readonly kind: 'held';
      readonly how: HeldLock['how'];
      readonly locks: readonly Omit<HeldLock, 'how'>[];
    }
  | {
      readonly kind: 'rows';
      readonly revision: string | null;
      readonly at: 'before' | 'after';
      readonly rows: RowCounts;
      readonly gone: readonly RelationName[];
      readonly emptied: readonly Omit<Emptied, 'revision'>[];
    }
  | { readonly kind: 'lost'; readonly why: string }
  | { readonly kind: 'by'; readonly by: string };

/** Puts the reports of one run together. */
export function watchedOf(reports: readonly WatchReport[]): Watched {
  const of = <K extends WatchReport['kind']>(kind: K): Extract<WatchReport, { kind: K }>[] =>
    reports.filter((one): one is Extract<WatchReport, { kind: K }> => one.kind === kind);
  const counts = of('rows');
  const before = Object.assign(
    {},
    ...counts.filter(({ at }) => at === 'before').map(({ rows }) => rows),
  ) as RowCounts;
  const after = new Map(Object.entries(before));
  for (const { at, rows, gone } of counts) {
    if (at === 'before') continue;
    for (const name of gone) after.delete(name);
    for (const [name, count] of Object.entries(rows)) after.set(name, count);
  }
  return {
    revisions: of('revision').map(withoutKind),
    statements: of('statement').map(withoutKind),
    held: of('held').flatMap(({ how, locks }) => locks.map((lock) => ({ ...lock, how }))),
    emptied: counts.flatMap(({ revision, emptied }) => emptied.map((one) => ({ ...one, revision }))),
    rows: { before, after: Object.fromEntries(after) },
    lost: [...new Set(of('lost').map(({ why }) => why))],
    by: of('by')[0]?.by ?? null,
  };
}

function withoutKind<T extends { readonly kind: string }>(report: T): Omit<T, 'kind'> {
  const { kind, ...rest } = report;
  void kind;
  return rest;
}
