import { appendFileSync, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { composeWorld } from '../tests/helpers/fault-worlds.ts';
import { FaultyWay, WAY_FAULTS, type WayFault } from '../tests/helpers/faulty-way.ts';
import { SecondEngine } from '../tests/helpers/second-engine.ts';
import type { Subject } from '../tests/helpers/fault-runs.ts';
import { judgeWay, recordRequests, settingsFor, tryWay, type WayTrial } from '../tests/helpers/way-runs.ts';
import { WAY_SUBJECTS } from '../tests/helpers/way-subjects.ts';

/**
 * Faults of the way to the engine, at each request of each command: every run ends within its limit, Ctrl-C within two
 * seconds, what stands there is whole or repaired, and the same command then works. Ends with status 1 when not. An
 * engine that is restarted is a second one, for which it takes root.
 *
 *     npx tsx bench/way.ts [--command up …] [--fault frozen …] [--every n] [--from n] [--lanes n] [--results way.jsonl]
 *
 * Worlds side by side, as many as there are lanes, each on a way of its own: most of a run is waiting. A run goes on where
 * the last one with the same file of results was ended.
 */
const { values } = parseArgs({
  options: {
    command: { type: 'string', multiple: true, default: Object.keys(WAY_SUBJECTS) },
    fault: { type: 'string', multiple: true, default: [...WAY_FAULTS] },
    every: { type: 'string', default: '1' },
    from: { type: 'string', default: '1' },
    lanes: { type: 'string', default: '4' },
    results: { type: 'string', default: 'way.jsonl' },
  },
});

/** A line of the file of results. */
interface Cell extends WayTrial {
  readonly command: string;
  readonly request: string | undefined;
  /** Milliseconds to the end of the process, from the fault or from Ctrl-C. */
  readonly time: number;
  readonly status: number;
  readonly cell: string;
}

interface Lane {
  readonly way: FaultyWay;
  readonly config: string;
  readonly subject: Subject;
}

let cancelled = false;
process.on('SIGINT', () => (cancelled = true));

const folder = mkdtempSync(join(tmpdir(), 'makesafe-way-'));
const keyOf = ({ command, fault, at, press }: Omit<Cell, 'cell' | 'time' | 'status' | 'request'>): string =>
  [command, fault, at, press].join(' ');
const isFailed = ({ cell }: Pick<Cell, 'cell'>): boolean => cell.startsWith('FAILED');
const lines = existsSync(values.results) ? readFileSync(values.results, 'utf8').trimEnd().split('\n') : [];
const results = new Map(
  lines.map((line) => JSON.parse(line) as Cell).map((cell) => [keyOf(cell), cell] as const),
);

const faults = values.fault as WayFault[];
const engine = (process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock').replace('unix://', '');
const here = faults.filter((fault) => fault !== 'restarted');
if (here.length > 0) await runAll(here, Number(values.lanes), () => new FaultyWay(engine));
if (faults.includes('restarted') && !cancelled) {
  const second = new SecondEngine('way', join(folder, 'engine'));
  await second.start();
  try {
    await second.load('postgres:17', 'python:3.13');
    process.env['DOCKER_HOST'] = second.endpoint;
    const target = second.endpoint.replace('unix://', '');
    // One lane: the others would be in the midst of something when it restarts.
    await runAll(['restarted'], 1, () => new FaultyWay(target, () => second.restart()));
  } finally {
    await second.stop();
  }
}
summarise();

async function runAll(kinds: readonly WayFault[], lanes: number, open: () => FaultyWay): Promise<void> {
  const ways: { way: FaultyWay; config: string }[] = [];
  try {
    for (let lane = 0; lane < lanes; lane++) {
      const way = open();
      const place = mkdtempSync(join(folder, 'lane-'));
      await way.listen(join(place, 'way.sock'));
      ways.push({ way, config: await settingsFor(join(place, 'way.sock'), join(place, 'docker')) });
    }
    for (const command of values.command) if (!cancelled) await run(command, kinds, ways);
  } finally {
    for (const { way } of ways) way.close();
  }
}

async function run(
  command: string,
  kinds: readonly WayFault[],
  ways: readonly Omit<Lane, 'subject'>[],
): Promise<void> {
  const inside = kinds.includes('restarted');
  const worlds = await Promise.all(
    ways.map(() => composeWorld({ application: command === 'rebuild', inside })),
  );
  try {
    const lanes = await Promise.all(
      worlds.map(async (world, at) => ({ ...ways[at]!, subject: await WAY_SUBJECTS[command]!(world) })),
    );
    const [first] = lanes;
    const requests = await recordRequests(first!.subject, first!.way, first!.config);
    const plan = trialsOf(command, kinds, requests.length);
    console.log(`${command}: ${requests.length} requests, ${plan.length} faults to try`);
    const takeFrom = async (lane: Lane): Promise<void> => {
      for (let trial = plan.shift(); trial && !cancelled; trial = plan.shift())
        await tryOne(command, lane, trial);
    };
    await Promise.all(lanes.map(takeFrom));
  } finally {
    await Promise.all(worlds.map((world) => world.dispose()));
  }
}

function trialsOf(command: string, kinds: readonly WayFault[], requests: number): WayTrial[] {
  const trials: WayTrial[] = [];
  for (let at = Number(values.from); at <= requests; at += Number(values.every)) {
    for (const fault of kinds) {
      for (const press of fault === 'cut' || fault === 'restarted' ? [false] : [false, true]) {
        const known = results.get(keyOf({ command, fault, at, press }));
        if (!known || isFailed(known)) trials.push({ fault, at, press });
      }
    }
  }
  return trials;
}

async function tryOne(command: string, { subject, way, config }: Lane, trial: WayTrial): Promise<void> {
  const outcome = await tryWay(subject, way, config, trial);
  // The last requests do not come in each run: some go two at a time.
  if (outcome.request === undefined && outcome.status === 0) return;
  const { cell, failed } = judgeWay(trial, outcome);
  const { request, time, status } = outcome;
  const result: Cell = { command, ...trial, request, time, status, cell };
  results.set(keyOf(result), result);
  appendFileSync(values.results, `${JSON.stringify(result)}\n`);
  console.log(`${command} ${trial.at} ${trial.fault}${trial.press ? ' Ctrl-C' : ''}: ${cell} (${time} ms)`);
  if (failed) console.error(`  ${request}\n${outcome.said}`);
}

function summarise(): void {
  const cells = [...results.values()];
  for (const fault of faults) {
    for (const press of [false, true]) {
      const own = cells.filter((one) => one.fault === fault && one.press === press);
      if (own.length === 0) continue;
      const count = (text: string): string =>
        `${own.filter(({ cell }) => cell.startsWith(text)).length} ${text}`;
      const longest = Math.max(...own.map(({ time }) => time));
      const outcomes = ['old whole', 'new whole', 'repaired', 'FAILED'].map(count).join(', ');
      console.log(
        `${fault}${press ? ', Ctrl-C' : ''}: ${own.length} runs: ${outcomes}; longest ${longest} ms`,
      );
    }
  }
  if (cells.some(isFailed)) process.exitCode = 1;
}
