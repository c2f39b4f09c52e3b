import { basename, dirname } from 'node:path';
import { pad, widest } from '../../output/columns.ts';
import { byteSize, counted, display } from '../../output/display.ts';
import type { Giving } from '../../parameters/parameter.ts';
import type { StackRun } from '../../run/run.ts';
import { localTime } from '../replace/leftovers.ts';
import { readFiles, tidyFiles, type MadeFile } from './made-files.ts';
import { labelOf, lookForAll, sizeOfAll, type Saved } from './saved.ts';
import { MADE_DAYS } from './surplus.ts';

/**
 * `db-saves-env`: lists the saved copies of the database, the latest first, and says what rebuilds have kept, on the server
 * and in files.
 */
export async function listSaves(run: StackRun<Giving<{ JSON: boolean }>>): Promise<void> {
  const { environment, stack, terminal, values, command } = run;
  const { saved: all, made } = await lookForAll(run);
  tidyFiles(run);
  const files = readFiles(run);
  if (values.JSON) {
    const saves = all.map((one) => ({
      ...{ name: labelOf(one), database: one.name, saved: one.mark.since, bytes: one.size },
      ...{ revisions: one.mark.revisions ?? [], unchanged: !one.wasOpened, spareBytes: one.spare?.size ?? 0 },
    }));
    const rebuilds = made.map(({ name, mark, size }) => ({
      ...{ database: name, made: mark.since, bytes: size, revisions: mark.revisions ?? [] },
    }));
    const ofFiles = files.map(({ path, mark, size }) => ({
      ...{ file: path, made: mark.since, bytes: size, revisions: mark.revisions ?? [] },
      ...{ checkout: mark.checkout },
    }));
    terminal.result(
      JSON.stringify({ environment: environment.name, saves, rebuilds, files: ofFiles }, null, 2),
    );
  } else {
    for (const line of table(all)) terminal.result(line);
  }
  const env = { ENV: environment.name };
  const size = (some: readonly { readonly size: number }[]): string =>
    byteSize(some.reduce((sum, one) => sum + one.size, 0));
  const copies = (some: readonly Saved[], noun: string): string =>
    counted(some.length, noun).replace(/copys$/, 'copies');
  if (made.length > 0)
    terminal.info(
      `${copies(made, 'copy')} of what rebuilds have made, ${size(made)}: db-rebuild-env METHOD=db takes them, and removes what is too old or too large`,
    );
  if (files.length > 0) {
    terminal.info(
      `${counted(files.length, 'file')} of what rebuilds have made, ${size(files)}, which rebuilds in other checkouts of the repository take, for ${MADE_DAYS} days at most:`,
    );
    for (const file of files) terminal.line(`    ${describeFile(file)}`);
    terminal.next(
      `${display({ file: 'rm', args: ['-r', dirname(files[0]!.path)] })} removes them, and nothing is lost but time`,
    );
  }
  if (all.length === 0) {
    terminal.info(`${environment.name}: nothing of ${stack.database.name} is saved`);
    return terminal.next(command('db-save-env', { ...env, NAME: '<name>' }));
  }
  const spare = all.some((one) => one.spare) ? ', a spare included' : '';
  terminal.ok(`${copies(all, 'saved copy')} of ${stack.database.name}, ${byteSize(sizeOfAll(all))}${spare}`);
  terminal.next(command('db-load-env', { ...env, NAME: labelOf(all[0]!) }));
}

/** `1f2e3d4c….sql.gz, made 14:03, 1.2 MB, at 0002, in /src/shop` */
const describeFile = ({ path, mark, size }: MadeFile): string =>
  [
    `${basename(path).slice(0, 8)}….sql.gz, made ${localTime(mark.since)}`,
    byteSize(size),
    `at ${mark.revisions?.join(', ')}`,
    `in ${mark.checkout}`,
  ].join(', ');

function table(all: readonly Saved[]): string[] {
  if (all.length === 0) return [];
  const rows = [
    ['NAME', 'SAVED', 'SIZE', 'REVISION', 'STATE'],
    ...all.map((one) => [
      labelOf(one),
      localTime(one.mark.since),
      byteSize(one.size),
      one.mark.revisions?.join(' ') || '-',
      one.wasOpened ? 'opened, may differ' : 'as it was',
    ]),
  ];
  const widths = rows[0]!.map((_, column) => widest(rows.map((row) => row[column]!)));
  return rows.map((row) =>
    row
      .map((text, column) => pad(text, widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}
