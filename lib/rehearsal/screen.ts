import { counted, grouped, byteSize } from '../output/display.ts';
import { pad, widest } from '../output/columns.ts';
import type { Terminal } from '../output/terminal.ts';
import type { HeldLock, WatchedStatement } from '../stack/alembic/watch.ts';
import { HAZARDS } from '../migrations/allow.ts';
import { duration, type Hazard } from '../migrations/hazards.ts';
import type { Receipt } from '../migrations/receipt.ts';

/** Lines of each part of the screen; the receipt has all. */
const MOST = 12;

/** A rehearsal on one screen: what matters most comes first. */
export function renderReceipt(receipt: Receipt, style: Terminal['style']): string {
  return [
    ...hazardLines(receipt.hazards, style),
    '',
    ...table(
      REVISION_COLUMNS.map((name) => name.toUpperCase()),
      shortened(revisionRows(receipt)),
    ),
    ...unknowns(receipt).map((line) => `${style('yellow', '!')} ${line}`),
  ].join('\n');
}

export const REVISION_COLUMNS = ['revision', 'time', 'statements', 'rows', 'locked', 'WAL'] as const;

/** What each revision did, in those columns. */
export const revisionRows = ({ revisions, statements, held }: Receipt): string[][] =>
  revisions.map(({ revision }) => {
    const own = statements.filter((one) => one.revision === revision);
    const locks = held.filter((lock) => lock.revision === revision && lock.existed);
    return [revision ?? '-', timeOf(own), grouped(own.length), changedBy(own), locksOf(locks), walOf(own)];
  });

/** `+1,200 ~3 -10` of one statement or more, and how long they took. */
export const statementCells = (one: WatchedStatement): string[] => [
  timeOf([one]),
  changedBy([one]),
  walOf([one]),
];

function hazardLines(hazards: readonly Hazard[], style: Terminal['style']): string[] {
  if (hazards.length === 0) return [`${style('green', '✓')} no hazards`];
  const rows = hazards.map((hazard) => [style('red', hazard.kind), placeOfHazard(hazard), hazard.reason]);
  const rest = new Set(hazards.slice(MOST - 1).map(({ kind }) => kind));
  return table(undefined, shortened(rows, `: ${HAZARDS.filter((kind) => rest.has(kind)).join(', ')}`));
}

/** The first ones, and how many there are more. @param which says more of those */
function shortened(rows: readonly (readonly string[])[], which = ''): readonly (readonly string[])[] {
  if (rows.length <= MOST) return rows;
  const more = grouped(rows.length - MOST + 1);
  return [...rows.slice(0, MOST - 1), [`… and ${more} more, in the receipt${which}`]];
}

function table(head: readonly string[] | undefined, rows: readonly (readonly string[])[]): string[] {
  const all = head ? [head, ...rows] : rows;
  const whole = all.filter((row) => row.length > 1);
  const widths = (whole[0] ?? []).map((_, column) => widest(whole.map((row) => row[column]!)));
  return all.map((row) =>
    row.length === 1
      ? row[0]!
      : row
          .map((cell, column) => pad(cell, widths[column]!))
          .join('  ')
          .trimEnd(),
  );
}

/** `0012, statement 3` */
export const placeOfHazard = ({ revision, statement }: Hazard): string =>
  `${revision ?? '-'}${statement === null ? '' : `, statement ${statement}`}`;

const timeOf = (statements: readonly WatchedStatement[]): string =>
  duration(statements.reduce((all, { ms }) => all + (ms ?? 0), 0));

const walOf = (statements: readonly WatchedStatement[]): string =>
  byteSize(statements.reduce((all, { wal }) => all + wal, 0));

/** `+1,200 ~3 -10` */
function changedBy(statements: readonly WatchedStatement[]): string {
  const all = statements.flatMap(({ changed }) => changed);
  const sum = (rows: readonly number[]): number => rows.reduce((one, other) => one + other, 0);
  const counts = [
    ['+', sum(all.map(({ inserted }) => inserted))],
    ['~', sum(all.map(({ updated }) => updated))],
    ['-', sum(all.map(({ deleted }) => deleted))],
  ] as const;
  const said = counts.filter(([, rows]) => rows > 0).map(([sign, rows]) => `${sign}${grouped(rows)}`);
  return said.join(' ') || '-';
}

/** The strongest locks that keep others away, the longest first: `mart.items 1.2 s`. */
function locksOf(locks: readonly HeldLock[]): string {
  const longest = new Map<string, number>();
  for (const { relation, mode, ms } of locks) {
    if (!/^(AccessExclusive|Exclusive|ShareRowExclusive|Share)Lock$/.test(mode)) continue;
    longest.set(relation, Math.max(ms, longest.get(relation) ?? 0));
  }
  const [first, ...others] = [...longest].sort(([, one], [, other]) => other - one);
  if (!first) return '-';
  return `${first[0]} ${duration(first[1])}${others.length === 0 ? '' : `, ${others.length} more`}`;
}

/** What this rehearsal cannot tell. */
export function unknowns({ data, statements, lost }: Receipt): string[] {
  const unseen = statements.filter((one) => one.unseen).length;
  return [
    ...(data
      ? []
      : [
          'copied without data: how long it takes, how many rows it changes or loses, and what fails because of them is not known',
        ]),
    ...(unseen === 0
      ? []
      : [
          `${counted(unseen, 'step')} went past the drivers that are watched, and ${unseen === 1 ? 'is' : 'are'} known by the effect only`,
        ]),
    ...lost.map((why) => `a look failed, and what it would have shown is missing: ${why}`),
  ];
}
