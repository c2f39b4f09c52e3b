import { pad, widest } from '../columns.ts';
import type { Fate } from './fates.ts';

/** An environment of the registry, with what says so. */
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

/** What `init` has made of the repository, for a person to read before anything is written. */
export function renderTable(rows: readonly Row[], files: readonly Fate[], registry: string): string {
  const width = widest(rows.map(({ name }) => name));
  const same = <K extends keyof Row>(...keys: K[]): boolean =>
    keys.every((key) => new Set(rows.map((row) => row[key])).size === 1);
  const isSame = same('database', 'application', 'applicationBecause');
  const about = (row: Row): string[] => [
    `database: service ${row.database}`,
    `application: ${row.application} (${row.applicationBecause})`,
  ];
  const environments = rows.flatMap((row) => [
    `  ${pad(row.name, width)}  ${row.protected ? 'protected' : 'not protected'}: ${row.because}`,
    `  ${pad('', width)}  project ${row.project}; ${row.files.join(' + ')}`,
    ...(isSame ? [] : about(row).map((line) => `  ${pad('', width)}  ${line}`)),
  ]);
  const column = widest(files.map(({ path }) => path));
  return [
    `Environments (${registry})`,
    ...environments,
    ...(isSame ? about(rows[0]!).map((line) => `  ${line}`) : []),
    'Compose files that were found',
    ...files.map(({ path, became }) => `  ${pad(path, column)}  ${became}`),
  ].join('\n');
}
