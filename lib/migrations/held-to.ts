import type { Rehearsal, RehearsedStatement } from '../stack/alembic/rehearsal.ts';
import type { WatchedStatement } from '../stack/alembic/watch.ts';
import type { Receipt } from './receipt.ts';

/**
 * What the real run is held to by a rehearsal with data.
 *
 * @param stops whether the first statement that differs ends it
 */
export function heldTo(
  { statements, revisions, by }: Pick<Receipt, 'statements' | 'revisions' | 'by'>,
  stops: boolean,
): Rehearsal {
  const own = (revision: string): RehearsedStatement[] =>
    statements
      .filter((one) => one.revision === revision)
      .flatMap((one) => (one.sha256 === null ? [] : [{ sha256: one.sha256, what: whatOf(one) }]))
      // How many equal ones there are in a row may depend on rows.
      .filter(({ sha256 }, at, all) => all[at - 1]?.sha256 !== sha256);
  return {
    ...{ by, stops },
    statements: Object.fromEntries(
      revisions.flatMap(({ revision }) => (revision === null ? [] : [[revision, own(revision)]])),
    ),
  };
}

/** Relations to name. */
const MOST = 2;

/** `ALTER TABLE of mart.items`. The text is nowhere: it may have data in it. */
function whatOf({ verb, locks, dropped, changed }: WatchedStatement): string {
  const tables = locks.filter(({ relationKind }) => !/^[iIS]$/.test(relationKind));
  const names = [...new Set([...dropped, ...changed, ...tables].map(({ relation }) => relation))];
  const shown = names.slice(0, MOST).join(', ') + (names.length > MOST ? ', …' : '');
  const what = verb === null || verb === '' ? 'a statement' : verb;
  return shown === '' ? what : `${what} of ${shown}`;
}
