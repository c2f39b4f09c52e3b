import { relative } from 'node:path';
import { byteSize, counted, display } from '../../output/display.ts';
import type { NamedRun } from '../../run/run.ts';
import { journalFile, readJournal } from './entries.ts';
import type { End, JournalEntry, Start } from './entry.ts';
import type { Giving } from '../../parameters/parameter.ts';

/** `journal`: shows the destructive runs of an environment, the latest last; JSON=1 prints the raw entries. */
export function showJournal({
  root,
  name,
  values,
  terminal,
}: NamedRun<Giving<{ JSON: boolean }>>): Promise<void> {
  const file = journalFile(root, name.name);
  const shown = relative('', file);
  const { entries, cut, firstCut, skipped = 0 } = readJournal(file);
  if (skipped > 0) terminal.warn(`${shown}: only its end is shown; ${byteSize(skipped)} stand before that`);
  if (cut > 0) {
    const place = skipped > 0 ? '' : ` (the first is line ${firstCut})`;
    terminal.warn(`${shown}: ${counted(cut, 'line')} cannot be read, and left out${place}`);
  }
  if (values.JSON) terminal.result(JSON.stringify(entries, null, 2));
  else if (entries.length === 0) terminal.info(`nothing was destroyed in ${name.name} (${shown})`);
  else describeRuns(entries).forEach((line) => terminal.result(line));
  return Promise.resolve();
}

/** Two lines for each run: time, outcome and command; then person, database and backup. Errors and notes follow. */
export function describeRuns(entries: readonly JournalEntry[]): string[] {
  const ends = new Map(entries.filter((entry) => entry.event === 'end').map((end) => [end.run, end]));
  return entries
    .filter((entry) => entry.event === 'start')
    .flatMap((start) => [
      `${start.time.slice(0, 19).replace('T', ' ')}  ${outcomeOf(ends.get(start.run)).padEnd(12)} ${commandOf(start)}`,
      `    ${start.user}@${start.host}, ${targetOf(start)}`,
      ...(ends
        .get(start.run)
        ?.error?.split('\n')
        .map((line) => `    ${line}`) ?? []),
      ...(ends.get(start.run)?.notes?.map((line) => `    ${line}`) ?? []),
    ]);
}

/** A run without an end entry was killed, or is still running. */
function outcomeOf(end: End | undefined): string {
  return end === undefined ? 'no end' : `${end.outcome} ${end.seconds.toFixed(1)} s`;
}

function commandOf({ task, parameters }: Start): string {
  const typed = Object.entries(parameters).filter(([, { origin }]) => origin === 'command line');
  const words = typed.map(([name, { value }]) => `${name}=${value === true ? '1' : String(value)}`);
  return display({ file: 'make', args: [task, ...words] });
}

function targetOf({ target, backup }: Start): string {
  const { database, tables, revisions } = target;
  const contents =
    tables === null ? 'not read' : `${tables} tables, revision ${revisions?.join(', ') || 'none'}`;
  const saved = backup === null ? '' : backup === 'skip' ? '; BACKUP=skip' : `; backup ${backup}`;
  return `${database} (${contents})${saved}`;
}
