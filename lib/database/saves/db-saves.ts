import { pad, widest } from '../../output/columns.ts';
import { byteSize, counted } from '../../output/display.ts';
import type { Giving } from '../../parameters/parameter.ts';
import type { StackRun } from '../../run/run.ts';
import { localTime } from '../replace/leftovers.ts';
import { labelOf, lookForSaved, type Saved } from './saved.ts';

/** `db-saves-env`: lists the saved copies of the database, the latest first. */
export async function listSaves(run: StackRun<Giving<{ JSON: boolean }>>): Promise<void> {
  const { environment, stack, terminal, values, command } = run;
  const all = await lookForSaved(run);
  if (values.JSON) {
    const saves = all.map((one) => ({
      ...{ name: labelOf(one), database: one.name, saved: one.mark.since, bytes: one.size },
      ...{ revisions: one.mark.revisions ?? [], unchanged: !one.wasOpened },
    }));
    terminal.result(JSON.stringify({ environment: environment.name, saves }, null, 2));
  } else {
    for (const line of table(all)) terminal.result(line);
  }
  const env = { ENV: environment.name };
  if (all.length === 0) {
    terminal.info(`${environment.name}: nothing of ${stack.database.name} is saved`);
    return terminal.next(command('db-save-env', { ...env, NAME: '<name>' }));
  }
  const together = byteSize(all.reduce((sum, { size }) => sum + size, 0));
  terminal.ok(
    `${counted(all.length, 'saved copy').replace(/copys$/, 'copies')} of ${stack.database.name}, ${together}`,
  );
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
