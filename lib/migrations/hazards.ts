import { counted } from '../output/display.ts';
import type { HeldLock, Watched, WatchedStatement } from '../stack/alembic/watch.ts';
import { HAZARDS, type HazardKind } from './allow.ts';
import { mayLose } from './narrowing.ts';

/** A hazard of a revision, as it was seen on a copy. */
export interface Hazard {
  readonly kind: HazardKind;
  readonly revision: string | null;
  /** The statement's number within the revision; null if it is about all of it. */
  readonly statement: number | null;
  readonly relation: string | null;
  /** A sentence without its subject: `drops column note of mart.items, which held data in 120 rows`. */
  readonly reason: string;
}

export interface Limits {
  /** Milliseconds for which a lock may keep others waiting. */
  readonly blocks: number;
  /** Milliseconds that a revision may take. */
  readonly long: number;
}

/** An ALTER TABLE that only changes the catalog takes a few milliseconds, on a busy machine some more. */
export const DEFAULT_LIMITS: Limits = { blocks: 500, long: 60_000 };

/**
 * The locks of a table that keep others away. One that keeps readers away keeps writers away too.
 *
 * @see https://www.postgresql.org/docs/current/explicit-locking.html
 */
const BLOCKS: Readonly<Record<string, 'blocks-reads' | 'blocks-writes'>> = {
  ShareLock: 'blocks-writes',
  ShareRowExclusiveLock: 'blocks-writes',
  ExclusiveLock: 'blocks-writes',
  AccessExclusiveLock: 'blocks-reads',
};

/** Statements that change nothing outside of the session. */
const IDLE = /^(SET|RESET|SHOW|BEGIN|START|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|DISCARD)$/;

/**
 * The hazards of the migrations, from what was seen of them on a copy, not from words in their SQL. What the run itself has
 * made is no hazard: nobody uses a new table, and an empty one has no data to lose. The worst kind comes first.
 */
export function hazardsOf(watched: Watched, limits: Limits): Hazard[] {
  const found = [
    ...watched.statements.flatMap((statement) => [...deletes(statement, watched), ...rewrites(statement)]),
    ...empties(watched),
    ...blocks(watched, limits),
    ...long(watched, limits),
    ...notTransactional(watched),
  ];
  const all = [...found, ...irreversible(watched, found)];
  return all.sort((one, other) => HAZARDS.indexOf(one.kind) - HAZARDS.indexOf(other.kind));
}

/** `, which held data in 120 rows` */
const held = (rows: number | null): string =>
  rows === null ? ', whose rows were not counted' : `, which held data in ${counted(rows, 'row')}`;

function deletes(statement: WatchedStatement, { rows: { before } }: Watched): Hazard[] {
  const { revision, number, dropped, retyped, rewritten, changed } = statement;
  const hazard = (relation: string, reason: string): Hazard => ({
    ...{ kind: 'deletes-data', revision, statement: number, relation, reason },
  });
  return [
    ...dropped
      .filter(({ rows }) => rows !== 0)
      .map(({ relation, column, rows }) =>
        hazard(
          relation,
          `drops ${column === null ? 'table' : `column ${column} of`} ${relation}${held(rows)}`,
        ),
      ),
    ...retyped
      .filter(({ rows, from, to }) => rows !== 0 && mayLose(from, to))
      .map(({ relation, column, rows, from, to }) =>
        hazard(relation, `makes column ${column} of ${relation} ${to}, from ${from}${held(rows)}`),
      ),
    ...rewritten.flatMap(({ relation, existed, rows, left }) =>
      existed && rows !== null && left !== null && left < rows
        ? [hazard(relation, `empties ${relation} of ${counted(rows - left, 'row')}`)]
        : [],
    ),
    ...changed.flatMap(({ relation, existed, deleted }) => {
      // Those that the run itself has inserted were no data of anybody.
      const lost = Math.min(deleted, before[relation] ?? deleted);
      return existed && lost > 0 ? [hazard(relation, `deletes ${counted(lost, 'row')} of ${relation}`)] : [];
    }),
  ];
}

const empties = ({ emptied }: Watched): Hazard[] =>
  emptied.map(({ revision, relation, column, rows }) => ({
    ...{ kind: 'deletes-data', revision, statement: null, relation },
    reason: `sets column ${column} of ${relation} to NULL in ${counted(rows, 'row')}`,
  }));

const rewrites = ({ revision, number, rewritten }: WatchedStatement): Hazard[] =>
  rewritten
    .filter(
      ({ existed, relationKind, rows, left }) =>
        existed && relationKind === 'r' && rows !== 0 && (left === null || left > 0),
    )
    .map(({ relation, rows }) => ({
      ...{ kind: 'rewrites-table', revision, statement: number, relation },
      reason: `rewrites ${relation}${rows === null ? '' : ` of ${counted(rows, 'row')}`}`,
    }));

/** The longest of each revision, relation and kind. */
function blocks({ held: locks }: Watched, { blocks: limit }: Limits): Hazard[] {
  const longest = new Map<string, (typeof locks)[number]>();
  const isIndex = ({ relationKind }: HeldLock): boolean => /^[iI]$/.test(relationKind);
  for (const lock of locks) {
    const kind = BLOCKS[lock.mode];
    if (!kind || !lock.existed || lock.ms <= limit) continue;
    // REINDEX locks nothing more of the table; whatever else locks an index has its table.
    if (
      isIndex(lock) &&
      locks.some((one) => !isIndex(one) && sameStatement(one, lock) && one.mode === lock.mode)
    )
      continue;
    const key = JSON.stringify([lock.revision, lock.relation, kind]);
    if (lock.ms > (longest.get(key)?.ms ?? 0)) longest.set(key, lock);
  }
  return [...longest.values()].map(({ revision, number, relation, mode, ms }) => {
    const kind = BLOCKS[mode]!;
    const who = kind === 'blocks-reads' ? 'reads or writes' : 'writes';
    const reason = `keeps its lock of ${relation} for ${duration(ms)}: nobody ${who} there meanwhile`;
    return { kind, revision, statement: number, relation, reason };
  });
}

const sameStatement = (one: HeldLock, other: HeldLock): boolean =>
  one.revision === other.revision && one.number === other.number;

function long({ statements }: Watched, { long: limit }: Limits): Hazard[] {
  const times = new Map<string | null, number>();
  for (const { revision, ms } of statements) times.set(revision, (times.get(revision) ?? 0) + (ms ?? 0));
  return [...times]
    .filter(([, ms]) => ms > limit)
    .map(([revision, ms]) => ({
      ...{ kind: 'long', revision, statement: null, relation: null },
      reason: `takes ${duration(ms)}`,
    }));
}

function notTransactional({ statements }: Watched): Hazard[] {
  const alone = new Map<string | null, WatchedStatement[]>();
  for (const statement of statements) {
    const { revision, together, verb, changed } = statement;
    if (together || IDLE.test(verb ?? '') || (verb === 'SELECT' && changed.length === 0)) continue;
    alone.set(revision, [...(alone.get(revision) ?? []), statement]);
  }
  return [...alone].map(([revision, found]) => {
    const what =
      found.length === 1
        ? `${found[0]!.verb ?? 'a statement'} by itself`
        : `${found.length} statements, each by itself`;
    return {
      ...{ kind: 'not-transactional', revision, statement: found[0]!.number, relation: null },
      reason: `commits ${what}: what fails leaves a part of it, and its locks could not be seen`,
    };
  });
}

/** Why a revision cannot be taken back, by what its file has as downgrade(). */
const NO_WAY_BACK = {
  none: 'has no downgrade()',
  empty: 'has a downgrade() that does nothing',
  raises: 'has a downgrade() that only raises an error',
};

function irreversible({ revisions, statements }: Watched, found: readonly Hazard[]): Hazard[] {
  const acted = new Set(
    statements
      .filter(({ verb }) => !IDLE.test(verb ?? '') && verb !== 'SELECT')
      .map(({ revision }) => revision),
  );
  return revisions
    .filter(({ way }) => way === 'up')
    .flatMap(({ revision, downgrade }): Hazard[] => {
      const hazard = (reason: string): Hazard[] => [
        { kind: 'irreversible', revision, statement: null, relation: null, reason },
      ];
      if (acted.has(revision) && downgrade !== null && downgrade !== 'there')
        return hazard(NO_WAY_BACK[downgrade]);
      const loses = found.some((one) => one.kind === 'deletes-data' && one.revision === revision);
      return loses ? hazard('has a downgrade() that cannot bring the data back') : [];
    });
}

/** `12 ms`, `1.4 s`, `2 min 5 s` */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const whole = Math.round(ms / 1000);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
