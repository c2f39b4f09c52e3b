import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { recordSteps, runAgain, tryFault, type Subject } from '../tests/helpers/fault-runs.ts';
import * as subjects from '../tests/helpers/fault-subjects.ts';
import { composeWorld, embeddedWorld, type Disposable } from '../tests/helpers/fault-worlds.ts';
import { applies, FAULTS, judge, type Fault, type Outcome, type Step } from '../tests/helpers/faults.ts';
import { isFailed, renderDocument, type Cell } from './fault-table.ts';

/**
 * Every step of the commands that change a database × every fault: run into it, look, run the same command again, look
 * again. Ends with status 1 when anything was neither whole nor repaired. As root, so that the disk can be a small one.
 *
 *     npx tsx bench/faults.ts [--results faults.jsonl] [--table faults.md]
 *       [--stack embedded|compose …] [--command reset-db …] [--fault "task killed" …] [--every n] [--from n] [--lanes n]
 *
 * Worlds side by side, as many as there are lanes, take the faults from one list: most of a run is waiting.
 *
 * A run goes on where the last one with the same file of results was ended: what is missing there, or has FAILED, is
 * tried. Where the old state is found whole, the run into the next fault starts from it, which is the same command
 * again; after eight of those, and whenever anything else is found, it is run to its end.
 */
const { values } = parseArgs({
  options: {
    results: { type: 'string', default: 'faults.jsonl' },
    table: { type: 'string', default: 'faults.md' },
    stack: { type: 'string', multiple: true, default: ['embedded', 'compose'] },
    command: { type: 'string', multiple: true },
    fault: { type: 'string', multiple: true },
    lanes: { type: 'string', default: '4' },
    every: { type: 'string', default: '1' },
    from: { type: 'string', default: '1' },
  },
});
const CHAIN = 8;
const HEAD = '20251211_140000000';

const asked = (values.fault as Fault[] | undefined) ?? FAULTS;
if (asked.includes('disk full') && process.getuid?.() !== 0)
  throw new Error('only root can make a small disk');

type World = subjects.World & Disposable;
const COMMANDS: Readonly<Record<string, (world: World) => Subject | Promise<Subject>>> = {
  'reset-db': subjects.resetDatabase,
  backup: subjects.backup,
  restore: async (world) => subjects.restore(world, await world.makeDump()),
  'al-up': (world) => subjects.migrate(world, HEAD),
  'rebuild-db': (world) => subjects.rebuild(world, 'db', HEAD),
  'rebuild-volume': (world) => subjects.rebuild(world, 'volume', HEAD),
  'reset-volume': subjects.resetVolume,
};
/** On compose data are in a named volume where the volume is what is removed, and else on a small disk. */
const WORLDS: Readonly<Record<string, (command: string) => Promise<World>>> = {
  embedded: () => embeddedWorld(),
  compose: (command) =>
    composeWorld({
      disk: !/volume/.test(command),
      application: /^(al|rebuild)/.test(command),
    }),
};

// What was begun is ended, and the world taken down.
let cancelled = false;
process.on('SIGINT', () => (cancelled = true));

/** The cells so far; of a cell that was tried again, the last. */
const results = new Map<string, Cell>();
const keyOf = (cell: Omit<Cell, 'cell'>): string =>
  [cell.stack, cell.command, cell.fault, cell.label, cell.nth].join('\n');
function note(cell: Cell): void {
  results.set(keyOf(cell), cell);
  appendFileSync(values.results, `${JSON.stringify(cell)}\n`);
}
if (existsSync(values.results)) {
  for (const line of readFileSync(values.results, 'utf8').split('\n').filter(Boolean)) {
    const cell = JSON.parse(line) as Cell;
    results.set(keyOf(cell), cell);
  }
}

for (const stack of values.stack) {
  for (const command of values.command ?? Object.keys(COMMANDS)) {
    if (cancelled) break;
    const worlds = await Promise.all(
      Array.from({ length: Number(values.lanes) }, () => WORLDS[stack]!(command)),
    );
    try {
      const [server] = (await worlds[0]!.db.sql('SHOW server_version', 'postgres')).split(' ');
      const lanes = await Promise.all(worlds.map(async (world) => COMMANDS[command]!(world)));
      await run(stack, command, `PostgreSQL ${server}`, lanes);
    } finally {
      await Promise.all(worlds.map((world) => world.dispose()));
    }
    writeFileSync(values.table, renderDocument([...results.values()]));
  }
}
process.exitCode = [...results.values()].some(isFailed) ? 1 : 0;

/** A run into a fault that ended with the old state whole, and what the command comes to after it. */
interface Trial {
  readonly cell: Omit<Cell, 'cell'>;
  readonly outcome: Outcome;
}

async function run(stack: string, command: string, server: string, lanes: readonly Subject[]): Promise<void> {
  const common = { stack, command, server, date: new Date().toISOString().slice(0, 10) };
  const [first] = lanes;
  const steps = await recordSteps(first!);
  const plan = steps.flatMap((step, index) => trialsOf(common, step, index, first!.fillDisk !== undefined));
  console.log(`${command}, ${stack}: ${steps.length} steps, ${plan.length} faults to try`);
  const began = performance.now();
  await Promise.all(lanes.map((subject) => takeFrom(plan, subject)));
  console.log(`${command}, ${stack}: ${Math.round((performance.now() - began) / 1000)} s`);
}

/** Tries what is left of the plan, until there is nothing. */
async function takeFrom(plan: Planned[], subject: Subject): Promise<void> {
  let chain: Trial[] = [];
  for (;;) {
    const next = cancelled ? undefined : plan.shift();
    if (next === undefined && chain.length === 0) return;
    if (next) {
      if (chain.length === 0) await subject.prepare();
      chain.push({ cell: next.cell, outcome: await tryFault(subject, next.step, next.cell.fault) });
      if (chain.at(-1)!.outcome.first === 'old' && chain.length < CHAIN) continue;
    }
    const { second } = await runAgain(subject, chain.at(-1)!.outcome);
    for (const trial of chain) conclude(trial, second);
    chain = [];
  }
}

interface Planned {
  readonly step: Step;
  readonly cell: Omit<Cell, 'cell'>;
}

/** The cells of a step that are asked for and not there yet. */
function trialsOf(
  common: Pick<Cell, 'stack' | 'command' | 'server' | 'date'>,
  step: Step,
  index: number,
  hasSmallDisk: boolean,
): Planned[] {
  const { label, nth } = step;
  const number = index + 1;
  if (number < Number(values.from) || (number - Number(values.from)) % Number(values.every) !== 0) return [];
  return asked.flatMap((fault) => {
    const cell = { ...common, number, label, nth, fault };
    const known = results.get(keyOf(cell));
    if (known && !isFailed(known)) return [];
    const canHappen = fault !== 'disk full' || hasSmallDisk;
    if (canHappen && applies(fault, step, index === 0)) return [{ step, cell }];
    note({ ...cell, cell: '·' });
    return [];
  });
}

function conclude({ cell, outcome }: Trial, second: Outcome['second']): void {
  const judged = judge({ ...outcome, second });
  note({ ...cell, cell: judged.cell });
  console.log(`${cell.number} ${cell.fault}: ${judged.cell}`);
  if (judged.failed) console.error(`  ${cell.label}\n${outcome.said}`);
}
