import { appendFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { composeWorld } from '../tests/helpers/fault-worlds.ts';
import { FaultyWay, WAY_FAULTS, type WayFault } from '../tests/helpers/faulty-way.ts';
import { SecondEngine } from '../tests/helpers/second-engine.ts';
import { judgeWay, recordRequests, settingsFor, tryWay, type WayTrial } from '../tests/helpers/way-runs.ts';
import { WAY_SUBJECTS } from '../tests/helpers/way-subjects.ts';

/**
 * Faults of the way to the engine, at each request of each command: every run ends within its limit, Ctrl-C within two
 * seconds, what stands there is whole or repaired, and the same command then works. Ends with status 1 when not. An
 * engine that is restarted is a second one, for which it takes root.
 *
 *     npx tsx bench/way.ts [--command up …] [--fault frozen …] [--every n] [--from n] [--results way.jsonl]
 */
const { values } = parseArgs({
  options: {
    command: { type: 'string', multiple: true, default: Object.keys(WAY_SUBJECTS) },
    fault: { type: 'string', multiple: true, default: [...WAY_FAULTS] },
    every: { type: 'string', default: '1' },
    from: { type: 'string', default: '1' },
    results: { type: 'string', default: 'way.jsonl' },
  },
});

let cancelled = false;
process.on('SIGINT', () => (cancelled = true));

const cells: { fault: string; press: boolean; cell: string; failed: boolean; time: number }[] = [];
const folder = mkdtempSync(join(tmpdir(), 'makesafe-way-'));
const socket = join(folder, 'way.sock');
const config = await settingsFor(socket, join(folder, 'docker'));
const faults = values.fault as WayFault[];

const here = faults.filter((fault) => fault !== 'restarted');
if (here.length > 0) {
  const target = (process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock').replace('unix://', '');
  await throughWay(new FaultyWay(target), here);
}
if (faults.includes('restarted') && !cancelled) {
  const second = new SecondEngine('way', join(folder, 'engine'));
  await second.start();
  try {
    await second.load('postgres:17', 'python:3.13');
    process.env['DOCKER_HOST'] = second.endpoint;
    await throughWay(new FaultyWay(second.endpoint.replace('unix://', ''), () => second.restart()), [
      'restarted',
    ]);
  } finally {
    await second.stop();
  }
}
summarise();

async function throughWay(way: FaultyWay, kinds: readonly WayFault[]): Promise<void> {
  await way.listen(socket);
  try {
    for (const command of values.command) if (!cancelled) await run(way, command, kinds);
  } finally {
    way.close();
  }
}

async function run(way: FaultyWay, command: string, kinds: readonly WayFault[]): Promise<void> {
  const application = command === 'rebuild';
  const world = await composeWorld({ application, inside: kinds.includes('restarted') });
  try {
    const subject = await WAY_SUBJECTS[command]!(world);
    const requests = await recordRequests(subject, way, config);
    console.log(`${command}: ${requests.length} requests`);
    for (let at = Number(values.from); at <= requests.length; at += Number(values.every)) {
      for (const fault of kinds) {
        for (const press of fault === 'cut' || fault === 'restarted' ? [false] : [false, true]) {
          if (cancelled) return;
          await tryOne(way, command, subject, { fault, at, press });
        }
      }
    }
  } finally {
    await world.dispose();
  }
}

async function tryOne(
  way: FaultyWay,
  command: string,
  subject: Parameters<typeof tryWay>[0],
  trial: WayTrial,
): Promise<void> {
  const outcome = await tryWay(subject, way, config, trial);
  // The last requests do not come in each run: some go two at a time.
  if (outcome.request === undefined && outcome.status === 0) return;
  const { cell, failed } = judgeWay(trial, outcome);
  const { request, time, status } = outcome;
  cells.push({ fault: trial.fault, press: trial.press, cell, failed, time });
  appendFileSync(values.results, `${JSON.stringify({ command, ...trial, request, time, status, cell })}\n`);
  console.log(`${command} ${trial.at} ${trial.fault}${trial.press ? ' Ctrl-C' : ''}: ${cell} (${time} ms)`);
  if (failed) console.error(`  ${request}\n${outcome.said}`);
}

function summarise(): void {
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
  if (cells.some(({ failed }) => failed)) process.exitCode = 1;
}
