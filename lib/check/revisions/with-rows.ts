import { onScratch, upgradeScratch, type MigrationsRun } from '../../migrations/on-scratch.ts';
import { FailedError } from '../../errors.ts';
import { parseStatements, type Node } from '../../sql/syntax.ts';
import type { FailureReport } from '../../stack/alembic/failure-report.ts';
import type { AlembicResult } from '../../stack/alembic/run-alembic.ts';
import { failureIn } from './failure.ts';
import { MOST, showing, type FailedStep } from './walk-over.ts';

/** A revision that fails on its way when tables have rows. */
export interface FailedWithRows extends FailedStep {
  /** What the rows have to do with it, as far as the server says: `table mart.item, column note: rows where it is NULL` */
  readonly rows: string;
}

/** What was seen of the revisions with rows in all tables. */
export interface WithRows {
  readonly failed: readonly FailedWithRows[];
  /** Tables for which no row was found, and what the server says of those that were tried. */
  readonly without: readonly { readonly table: string; readonly why: string }[];
  /** Why the walk did not come to the end; undefined if it did. */
  readonly stopped: string | undefined;
}

/**
 * Goes up, down and up again with each revision, with rows in all tables before each step. When a revision fails, begins
 * anew on another server, where rows are given behind it only.
 */
export async function walkWithRows(run: MigrationsRun): Promise<WithRows> {
  const failed: FailedWithRows[] = [];
  const tables = new Map<string, string | null>();
  const onStep = showing(run, 'with rows');
  for (;;) {
    const from = failed.at(-1)?.revision;
    let result: AlembicResult | undefined;
    const stopped = await onScratch(run, async (scratch) => {
      result = await upgradeScratch(scratch, { walk: { from, rows: true, onStep } });
      return result.status === 0 ? undefined : failureIn(scratch, result);
    }).catch((error: unknown) => {
      if (!(error instanceof FailedError)) throw error;
      return error.message;
    });
    for (const { table, why } of result?.walk?.rows ?? []) tables.set(table, why);
    const without = [...tables]
      .flatMap(([table, why]) => (why === null ? [] : [{ table, why }]))
      .sort(byTable);
    if (stopped === undefined) return { failed, without, stopped };
    if (typeof stopped === 'string') return { failed, without, stopped };
    const { revision: at = null, doing = 'up' } = result?.walk?.last ?? {};
    const isOnItsWay = stopped.revision !== undefined && at !== null && at !== from;
    if (!isOnItsWay || failed.length === MOST) return { failed, without, stopped: stopped.message };
    failed.push({ ...stopped, revision: at, doing, rows: concerned(result?.failure) });
  }
}

const byTable = (one: { readonly table: string }, other: { readonly table: string }): number =>
  one.table < other.table ? -1 : 1;

/**
 * Which rows a failure is about.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const ROWS: Readonly<Record<string, string>> = {
  23502: 'rows where it is NULL',
  23503: 'rows that refer to nothing',
  23505: 'rows with the same value',
  23514: 'rows that the check does not let in',
  '23P01': 'rows that exclude each other',
  22001: 'rows whose text is longer',
  22003: 'rows whose number is outside of the type',
  '22P02': 'rows whose text the type cannot read',
  22007: 'rows whose text the type cannot read',
  22008: 'rows whose date is outside of the type',
};

/** Table, column and kind of the rows for which a migration failed. `loadParser` first. */
export function concerned(failure: Pick<FailureReport, 'words' | 'statement'> | undefined): string {
  const { words, statement } = failure ?? {};
  if (!words) return '';
  const { about, state } = words;
  const named = about?.table
    ? {
        table: [about.schema, about.table].filter(Boolean).join('.'),
        column: about.column ?? about.constraint,
      }
    : inStatement(statement ?? '');
  const kind = ROWS[state ?? ''] ?? 'rows';
  const is = about?.column || !about?.constraint || !about.table ? 'column' : 'constraint';
  const where = [
    ...(named?.table ? [`table ${named.table}`] : []),
    ...(named?.column ? [`${is} ${named.column}`] : []),
  ].join(', ');
  return `${where === '' ? '' : `${where}: `}${kind}${state ? ` (${state})` : ''}`;
}

/** What a statement changes, where it is one table, and one column of it. */
function inStatement(
  sql: string,
): { readonly table: string; readonly column?: string | undefined } | undefined {
  const changing = (parseStatements(sql) ?? []).filter(({ node }) => 'relation' in node);
  const [one] = changing;
  if (!one || changing.length > 1) return undefined;
  const {
    relation,
    cmds = [],
    targetList = [],
  } = one.node as unknown as {
    relation: { schemaname?: string; relname: string };
    cmds?: { AlterTableCmd?: { name?: string } }[];
    targetList?: { ResTarget?: Node }[];
  };
  const names = [
    ...cmds.flatMap(({ AlterTableCmd }) => AlterTableCmd?.name ?? []),
    ...targetList.flatMap(({ ResTarget }) => (typeof ResTarget?.name === 'string' ? ResTarget.name : [])),
  ];
  const columns = new Set(names);
  return {
    table: [relation.schemaname, relation.relname].filter(Boolean).join('.'),
    column: columns.size === 1 ? names[0] : undefined,
  };
}
