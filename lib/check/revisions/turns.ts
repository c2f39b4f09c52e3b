import { some } from '../../output/check-result.ts';
import type { Comparison } from '../../schema/compare/comparison.ts';
import { changeLines, objectName } from '../../schema/report/wording.ts';
import type { CatalogChange } from '../../stack/alembic/walk.ts';
import type { Walked } from './walk-over.ts';

/** Two states that should have the same schema, and have not. */
export interface Turn {
  readonly revision: string;
  /** Relative to the project's root. */
  readonly file: string;
  readonly line: number | undefined;
  readonly after: 'down' | 'up again';
  /** What the catalogs say; counts where nothing better is there. */
  readonly changes: readonly CatalogChange[];
  /** The full comparison; undefined if it was not made, because there were too many. */
  readonly comparison: Comparison | undefined;
}

/** What is wrong with a turn, in one sentence. */
export function describeTurn({ after, changes, comparison, revision }: Turn, grantsAgain: boolean): string {
  const what =
    after === 'down'
      ? 'after "down" the schema is not that before "up"'
      : 'the second "up" leads to another schema';
  const found = comparison
    ? differencesIn(comparison, grantsAgain)
    : changes.map(({ kind, name, how }) => `${kind} ${name} is ${how}`);
  return `${revision}: ${what}: ${some(found)}`;
}

/**
 * What differs, in words. Not the order of columns: PostgreSQL puts a column that comes back at the end, and no downgrade
 * can change that.
 */
export const differencesIn = (comparison: Comparison, grantsAgain = false): string[] => [
  ...comparison.incomplete,
  ...comparison.differences
    .filter(({ class: kind }) => kind !== 'column order' && !(grantsAgain && kind === 'privileges'))
    .map((one) => describeDifference(one, comparison)),
];

/** Says which tables have their columns in another order, if any. */
export function orderOnly(revisions: Walked['revisions'], after: Turn['after']): string {
  const moved = revisions.flatMap(({ undone = [], again = [] }) =>
    (after === 'down' ? undone : again).flatMap(({ kind, name }) => (kind === 'column order' ? [name] : [])),
  );
  const tables = [...new Set(moved)];
  return tables.length === 0
    ? 'the schema is the same'
    : `the schema is the same, but for the order of columns in ${some(tables)}`;
}

const describeDifference = (one: Comparison['differences'][number], comparison: Comparison): string =>
  `${one.kind.toLowerCase()} ${objectName(one)}: ${changeLines(one, comparison).join('; ')}`;
