import { pad, widest } from '../../output/columns.ts';
import { byteSize, counted } from '../../output/display.ts';
import type { Giving } from '../../parameters/parameter.ts';
import type { StackRun } from '../../run/run.ts';
import { localTime } from '../replace/leftovers.ts';
import { labelOf, lookForAll, sizeOfAll, type Saved } from './saved.ts';

/** `db-saves-env`: lists the saved copies of the database, the latest first, and says what rebuilds have kept. */
export async function listSaves(run: StackRun<Giving<{ JSON: boolean }>>): Promise<void> {
  const { environment, stack, terminal, values, command } = run;
  const { saved: all, made } = await lookForAll(run);
  if (values.JSON) {
    const saves = all.map((one) => ({
      ...{ name: labelOf(one), database: one.name, saved: one.mark.since, bytes: one.size },
      ...{ revisions: one.mark.revisions ?? [], unchanged: !one.wasOpened, spareBytes: one.spare?.size ?? 0 },
    }));
    const rebuilds = made.map(({ name, mark, size }) => ({
      ...{ database: name, made: mark.since, bytes: size, revisions: mark.revisions ?? [] },
    }));
    terminal.result(JSON.stringify({ environment: environment.name, saves, rebuilds }, null, 2));
  } else {
    for (const line of table(all)) terminal.result(line);
  }
  const env = { ENV: environment.name };
  const size = (some: readonly Saved[]): string => byteSize(some.reduce((sum, one) => sum + one.size, 0));
  const copies = (some: readonly Saved[], noun: string): string =>
    counted(some.length, noun).replace(/copys$/, 'copies');
  if (made.length > 0)
    terminal.info(
      `${copies(made, 'copy')} of what rebuilds have made, ${size(made)}: db-rebuild-env METHOD=db takes them, and removes what is too old or too large`,
    );
  if (all.length === 0) {
    terminal.info(`${environment.name}: nothing of ${stack.database.name} is saved`);
    return terminal.next(command('db-save-env', { ...env, NAME: '<name>' }));
  }
  const spare = all.some((one) => one.spare) ? ', a spare included' : '';
  terminal.ok(`${copies(all, 'saved copy')} of ${stack.database.name}, ${byteSize(sizeOfAll(all))}${spare}`);
  terminal.next(command('db-load-env', { ...env, NAME: labelOf(all[0]!) }));
}

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
