import { FAULTS, type Fault } from '../tests/helpers/faults.ts';

/** A cell of the table, as it is kept in the file of results, one a line. */
export interface Cell {
  readonly stack: string;
  readonly command: string;
  /** Place of the step in a run in which nothing goes wrong. */
  readonly number: number;
  readonly label: string;
  readonly nth: number;
  readonly fault: Fault;
  /** `·` where the fault cannot happen. */
  readonly cell: string;
  /** When, and on which server: `2026-11-24`, `PostgreSQL 17.11`. */
  readonly date: string;
  readonly server: string;
}

export const isFailed = ({ cell }: Pick<Cell, 'cell'>): boolean => cell.startsWith('FAILED');

const ABOUT = `# What a fault leaves

Each command that changes a database is ended at each of its steps, every statement, every question to the engine and
every child process, in each way that can happen there. What stands then is looked at past makesafe's own code, the same command is run again, and
it is looked at again.

- *old whole*, *new whole*: the old state or the new one, with all that belongs to it and nothing beside it; the next
  run came to the new one.
- *repaired*: something between the two, which the next run recognised and repaired.
- *·*: cannot happen there. A statement has no child, \`git\` no connection, a disk that is full while something is
  only read is full at the next step that writes, and a server that is restarted while the engine is asked has been at
  the next statement. What reset-volume and rebuild-volume remove on compose is a named volume, which is not on the small
  disk.
- *FAILED*: anything else, also a fault of which there is no sign that it happened.
- An empty cell, and a step that is not in a table: not tried. The line above the table says how much of it was.

Where the old state is found whole, the run into the next fault starts from it: that is the same command again. After
eight of those, and whenever anything else is found, it is run to its end. \`engine GET …\` is a question to the engine,
whose connection is cut or which it answers with an error; \`$ exec …\` a process in a container; \`$ …\` one here.
rebuild-db and rebuild-volume are db-rebuild-env with METHOD=db and METHOD=volume.

Made by \`npx tsx bench/faults.ts --table docs/FAULTS.md\`, as root.`;

/** The whole document: steps × faults, a table for each command on each stack, under the total of all. */
export function renderDocument(cells: readonly Cell[]): string {
  const tables = groups(cells, ({ command, stack }) => `${command}, ${stack}`).map(([title, own]) => {
    const { date, server } = own.at(-1)!;
    return `## ${title}\n\n${server}, ${date}. ${total(own)}.${sampled(own)}\n\n${table(own)}`;
  });
  return `${[ABOUT, `All together: ${total(cells)}.`, ...tables].join('\n\n')}\n`;
}

/** Of a table that is not whole, how much of it is there. */
function sampled(cells: readonly Cell[]): string {
  const all = Math.max(...cells.map(({ number }) => number));
  const steps = groups(cells, ({ number }) => String(number));
  const whole = steps.filter(([, own]) => own.length === FAULTS.length).length;
  if (whole === all) return '';
  return ` Of ${all} steps, ${whole} were tried with every fault, and ${steps.length - whole} with some.`;
}

function table(cells: readonly Cell[]): string {
  const rows = groups(
    cells.toSorted((a, b) => a.number - b.number),
    ({ label, nth }) => `${label} ${nth}`,
  ).map(([, own]) => {
    const outcomes = FAULTS.map((fault) => own.find((cell) => cell.fault === fault)?.cell ?? '');
    return { label: own[0]!.label, outcomes: outcomes.join(' | ') };
  });
  // What is done several times, always with the same outcome, is one line.
  const lines = groups(rows, ({ label, outcomes }) => `${label} ${outcomes}`).map(([, same]) => {
    const times = same.length > 1 ? ` (${same.length} ×)` : '';
    return `| \`${short(same[0]!.label)}\`${times} | ${same[0]!.outcomes} |`;
  });
  return [`| step | ${FAULTS.join(' | ')} |`, `|---|${FAULTS.map(() => '---|').join('')}`, ...lines].join(
    '\n',
  );
}

/** `230 runs into a fault: 180 old whole, 20 new whole, 30 repaired` */
function total(cells: readonly Cell[]): string {
  const tried = cells.filter(({ cell }) => cell !== '·');
  const count = (name: string): string =>
    `${tried.filter(({ cell }) => cell.startsWith(name)).length} ${name}`;
  const outcomes = ['old whole', 'new whole', 'repaired', 'FAILED'].map(count);
  return `${tried.length} runs into a fault: ${outcomes.join(', ')}`;
}

/** What a reader needs of a statement or command line, in one cell of a table. */
function short(label: string): string {
  const told = label
    .replaceAll(/--env-file \S+ |--filter \S+ |--no-trunc |<id> |-(p|f) \S+ (?=.*\bconfig\b)/g, '')
    .replaceAll('|', '¦')
    .replaceAll('`', "'");
  return told.length > 90 ? `${told.slice(0, 89)}…` : told;
}

function groups<T>(all: readonly T[], keyOf: (one: T) => string): [string, T[]][] {
  const found = new Map<string, T[]>();
  for (const one of all) found.set(keyOf(one), [...(found.get(keyOf(one)) ?? []), one]);
  return [...found];
}
