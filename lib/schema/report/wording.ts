import type { Comparison, Difference, KindCount } from '../compare/comparison.ts';
import type { SideSummary } from '../read/side-summary.ts';
import { excerpt } from '../compare/excerpt.ts';
import type { Gap } from './lines.ts';
import { counted, grouped } from '../../output/display.ts';
import { printable } from '../../output/printable.ts';

/** Wording that all reports share. Every text of a schema is made printable here. */

export type Counts = Omit<KindCount, 'kind'>;
export const COUNTED = ['identical', 'equivalent', 'different', 'ignored'] as const;

/** The sums over all kinds of objects. */
export function total(objects: readonly KindCount[]): Counts {
  const sum = (key: keyof Counts): number => objects.reduce((all, count) => all + count[key], 0);
  return {
    identical: sum('identical'),
    equivalent: sum('equivalent'),
    different: sum('different'),
    ignored: sum('ignored'),
  };
}

/** A sign for each verdict. */
export const SIGN = { same: '✓', different: '✗', incomplete: '?' } as const;

/** The verdict as a complete sentence. */
export function verdictSentence({ verdict, base, compared, objects, differences }: Comparison): string {
  const [left, right] = [printable(base.label), printable(compared.label)];
  const found = `${counted(total(objects).different, 'object')} of ${right} ${differs(objects)} from ${left}`;
  switch (verdict) {
    case 'same':
      return `${right} has the same schema as ${left}`;
    case 'different':
      return found;
    case 'incomplete':
      return differences.length === 0
        ? `${right} and ${left} could not be compared in full; no difference in what could`
        : `${right} and ${left} could not be compared in full; ${found} in what could`;
  }
}

const differs = (objects: readonly KindCount[]): string =>
  total(objects).different === 1 ? 'differs' : 'differ';

/** `environment`, `database core_stg`, `PostgreSQL 15.18`, `read by pg_dump 18.3` */
export function sideDetails({ source, database, serverVersion, pgDumpVersion }: SideSummary): string[] {
  return [
    source,
    `database ${database}`,
    ...(serverVersion === undefined ? [] : [`PostgreSQL ${serverVersion}`]),
    ...(pgDumpVersion === undefined ? [] : [`read by pg_dump ${pgDumpVersion}`]),
  ].map(printable);
}

/** `mart.receive_daily`, `touch on mart.receive_daily` */
export function objectName({ kind, schema, name, table }: Difference): string {
  // There is only one.
  if (kind === 'DATABASE') return 'the database';
  const qualified = (unqualified: string): string =>
    schema === '' ? unqualified : `${schema}.${unqualified}`;
  return printable(table === undefined ? qualified(name) : `${name} on ${qualified(table)}`);
}

/** Characters shown of one change, which may hold a whole function body. */
const MOST_CHARACTERS = 300;

/** The changes of a difference, one per line; never empty. */
export function changeLines(difference: Difference, { base, compared }: Comparison): string[] {
  const { class: kind, changes } = difference;
  const only = { 'only in base': base.label, 'only in compared': compared.label }[kind as string];
  const lines = [...(only === undefined ? [] : [`only in ${only}`]), ...changes];
  return (lines.length > 0 ? lines : [`${kind} differs`]).map(shortened).map(printable);
}

function shortened(text: string): string {
  const sides = text.split(' → ');
  // Shorten both sides, so that neither is lost.
  if (text.length > MOST_CHARACTERS && sides.length === 2) return excerpt(sides[0]!, sides[1]!);
  const left = text.length - MOST_CHARACTERS;
  return left <= 0 ? text : `${text.slice(0, MOST_CHARACTERS)} … (${counted(left, 'more character')})`;
}

/** Whether the lines of the definition are a list. Not for functions: in their text every comma counts. */
export const isList = ({ kind }: Difference): boolean => /TABLE|TYPE|VIEW/.test(kind);

/** What was left out or accepted, so that nobody believes that it was compared. */
export function remarks({ privileges, ignored, limits }: Comparison): string[] {
  const accepted = ignored.reduce((all, { count: number }) => all + number, 0);
  return [
    ...(ignored.length === 0 ? [] : [`ignored: ${grouped(accepted)}, accepted by the registry's patterns`]),
    ...(privileges === 'left out' ? ['owners, privileges and roles were not compared'] : []),
    ...limits.map(printable),
  ];
}

/** The text in place of lines that are not shown. */
export const gapSentence = ({ kind, count: number }: Gap): string =>
  kind === 'equal lines'
    ? counted(number, 'equal line')
    : `${counted(number, 'more line')}; JSON=1 has all of it`;

/** Groups differences by kind, in order. */
export function byKind(differences: readonly Difference[]): Difference[][] {
  const kinds = new Map<string, Difference[]>();
  for (const difference of differences) {
    const those = kinds.get(difference.kind);
    if (those) those.push(difference);
    else kinds.set(difference.kind, [difference]);
  }
  return [...kinds.values()];
}
