import { pad, widest } from '../output/columns.ts';
import { wrap } from '../output/wrap.ts';
import type { Fate } from './fates.ts';

/** The table fits a small terminal, and can be read at a glance. */
const COLUMNS = 80;
const LINES = 30;

/** An environment of the registry, with the reasons. */
export interface Row {
  readonly name: string;
  readonly protected: boolean;
  readonly because: string;
  readonly files: readonly string[];
  readonly project: string;
  readonly database: string;
  readonly application: string;
  readonly applicationBecause: string;
}

/** What init found, for a person to read before anything is written. */
export function renderTable(rows: readonly Row[], files: readonly Fate[], registry: string): string {
  const environments = [`Environments (${registry})`, ...environmentLines(rows)].map(fitting);
  const all = [...environments, ...['Compose files that were found', ...listed(files)].map(fitting)];
  if (all.join('\n').split('\n').length <= LINES) return all.join('\n');
  const stated = rows.flatMap((row) => row.files);
  const others = files.filter(({ path }) => !stated.includes(path));
  const rest = others.length === 0 ? [] : ['Other compose files', ...grouped(others)];
  return [...environments, ...rest.map(fitting)].join('\n');
}

const fitting = (line: string): string => wrap(line, COLUMNS);

function environmentLines(rows: readonly Row[]): string[] {
  const width = widest(rows.map(({ name }) => name));
  const same = <K extends keyof Row>(...keys: K[]): boolean =>
    keys.every((key) => new Set(rows.map((row) => row[key])).size === 1);
  const isSame = same('database', 'application', 'applicationBecause');
  const about = (row: Row): string[] => [
    `database: service ${row.database}`,
    `application: ${row.application} (${row.applicationBecause})`,
  ];
  return [
    ...rows.flatMap((row) => [
      `  ${pad(row.name, width)}  ${row.protected ? 'protected' : 'not protected'}: ${row.because}`,
      `  ${pad('', width)}  project ${row.project}; ${row.files.join(' + ')}`,
      ...(isSame ? [] : about(row).map((line) => `  ${pad('', width)}  ${line}`)),
    ]),
    ...(isSame ? about(rows[0]!).map((line) => `  ${line}`) : []),
  ];
}

/** A line for each file. */
function listed(files: readonly Fate[]): string[] {
  const column = widest(files.map(({ path }) => path));
  return files.map(({ path, became }) => `  ${pad(path, column)}  ${became}`);
}

/** For many files: one line for all files with the same result. */
function grouped(files: readonly Fate[]): string[] {
  const fates = [...new Set(files.map(({ became }) => became))];
  return fates.map((fate) => {
    const paths = files.filter(({ became }) => became === fate).map(({ path }) => path);
    return `  ${fate}: ${paths.join(', ')}`;
  });
}
