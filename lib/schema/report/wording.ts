import type { Comparison, Difference, KindCount, SideSummary } from '../comparison.ts';
import type { Gap } from './lines.ts';
import { printable } from './printable.ts';

/** What all reports say in the same words. Everything from a schema is made printable here. */

export type Counts = Omit<KindCount, 'kind'>;
export const COUNTED = ['identical', 'equivalent', 'different', 'ignored'] as const;

export function total(objects: readonly KindCount[]): Counts {
  const sum = (key: keyof Counts): number => objects.reduce((all, count) => all + count[key], 0);
  return {
    identical: sum('identical'),
    equivalent: sum('equivalent'),
    different: sum('different'),
    ignored: sum('ignored'),
  };
}

/** `1 object`, `1,200 objects` */
export const count = (number: number, noun: string): string =>
  `${grouped(number)} ${noun}${number === 1 ? '' : 's'}`;

/** `1,200` */
export const grouped = (number: number): string => number.toLocaleString('en-GB');

/** Of a verdict. */
export const SIGN = { same: '✓', different: '✗', incomplete: '?' } as const;

/** The verdict as a sentence that stands for itself. */
export function verdictSentence({ verdict, base, compared, objects, differences }: Comparison): string {
  const [left, right] = [printable(base.label), printable(compared.label)];
  const found = `${count(total(objects).different, 'object')} of ${right} ${differs(objects)} from ${left}`;
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

/** `environment, database core_stg, PostgreSQL 17.10, read by pg_dump 17.10` */
export function sideDetails({ source, database, serverVersion, pgDumpVersion }: SideSummary): string[] {
  return [
    source,
    `database ${database}`,
    ...(serverVersion === undefined ? [] : [`PostgreSQL ${serverVersion}`]),
    ...(pgDumpVersion === undefined ? [] : [`read by ${pgDumpVersion}`]),
  ].map(printable);
}

/** `mart.receive_daily`, `touch on mart.receive_daily` */
export function objectName({ schema, name, table }: Difference): string {
  const qualified = (unqualified: string): string =>
    schema === '' ? unqualified : `${schema}.${unqualified}`;
  return printable(table === undefined ? qualified(name) : `${name} on ${qualified(table)}`);
}

/** What differs, a line each; never empty. */
export function changeLines(difference: Difference, { base, compared }: Comparison): string[] {
  const { class: kind, changes } = difference;
  const only = { 'only in base': base.label, 'only in compared': compared.label }[kind as string];
  if (only !== undefined) return [`only in ${only}`, ...changes].map(printable);
  return changes.length > 0 ? changes.map(printable) : [`${kind} differs`];
}

/** What was left out or accepted, so that nobody takes it for compared. */
export function remarks({ privileges, ignored, limits }: Comparison): string[] {
  const accepted = ignored.reduce((all, { count: number }) => all + number, 0);
  return [
    ...(ignored.length === 0 ? [] : [`ignored: ${grouped(accepted)}, accepted by the registry's patterns`]),
    ...(privileges === 'left out' ? ['privileges and owners were left out (PRIVILEGES=0)'] : []),
    ...limits.map(printable),
  ];
}

/** What stands for lines that are not shown. */
export const gapSentence = ({ kind, count: number }: Gap): string =>
  kind === 'equal lines'
    ? count(number, 'equal line')
    : `${count(number, 'more line')}; JSON=1 has all of it`;

/** Differences as they come, those of one kind together. */
export function byKind(differences: readonly Difference[]): Difference[][] {
  const kinds = new Map<string, Difference[]>();
  for (const difference of differences) {
    const those = kinds.get(difference.kind);
    if (those) those.push(difference);
    else kinds.set(difference.kind, [difference]);
  }
  return [...kinds.values()];
}
