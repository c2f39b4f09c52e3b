import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sampleOf } from '../tests/helpers/commit.ts';
import { loadRegistry } from '../lib/environment/registry.ts';
import { AdoptedRepository } from './adopted.ts';
import { FIGURES, adoptedFigures, type Figure } from './figures.ts';
import { median } from './median.ts';
import { plot } from './plot.ts';
import { BenchProject, PROJECT } from './project.ts';
import { measureState } from './state.ts';
import { measureUp } from './up.ts';
import { measureWorktree } from './worktree.ts';

/**
 * `npm run bench`: every figure against what a person would do otherwise, in pairs and in one run; `-- --short` for one
 * round of a third of what is quick, another third with each commit, `-- --only <name>` for one figure, `--only state` for
 * those of saved copies and kept rebuilds. The whole form is written to bench/results.json and
 * docs/bench.svg, and ends with 1 when a budget is not met. The short form runs on machines that do other things as well,
 * so it ends with 1 only where something takes many times what it may.
 */
const { short, only } = parseArgs({
  options: { short: { type: 'boolean', default: false }, only: { type: 'string' } },
}).values;
const whole = !short && only === undefined;

/** How many times its budget a figure of the short form may take. */
const SANE = 30;

/** Where something is asked the ratio has to stand still: single rounds differ by a quarter. */
function roundsOf({ budget, long }: Figure): number {
  if (short) return 1;
  if (budget === undefined) return 3;
  return long ? 7 : 15;
}

export interface Result {
  readonly name: string;
  readonly against: string;
  /** Medians, seconds; null where the budget alone is compared with. */
  readonly ours: number;
  readonly other: number | null;
  /** Seconds that ours may take; null where nothing is asked of it. */
  readonly limit: number | null;
  readonly rounds: number;
}

async function measure(project: BenchProject, figure: Figure): Promise<Result> {
  const times: Record<'ours' | 'other' | 'start', number[]> = { ours: [], other: [], start: [] };
  const count = roundsOf(figure);
  // The first round warms caches up and does not count.
  for (let round = 0; round <= count; round++) {
    const sides = round % 2 === 0 ? (['ours', 'other'] as const) : (['other', 'ours'] as const);
    for (const side of sides) {
      const run = figure[side];
      if (!run) continue;
      figure.before?.(project);
      const seconds = await run(project);
      if (round > 0) times[side].push(seconds);
    }
    if (figure.ownWork && round > 0) times.start.push(project.shell('node --import tsx bench/empty.ts'));
  }
  const ours = median(times.ours) - (figure.ownWork ? median(times.start) : 0);
  const other = figure.other ? median(times.other) : null;
  const { name, against, budget } = figure;
  const limit = budget ? budget.times * (other ?? 0) + (budget.plus ?? 0) : null;
  return { name, against, ours, other, limit, rounds: count };
}

/** Whether a figure takes at most so many times what it may. */
const isWithin = ({ ours, limit }: Result, times = 1): boolean => limit === null || ours <= limit * times;

function show(result: Result): void {
  const { name, against, ours, other, limit } = result;
  const met = limit === null ? '·' : isWithin(result) ? '✓' : '✗';
  const compared = other === null ? '' : ` to ${other.toFixed(2)} s = ${(ours / other).toFixed(2)}`;
  const allowed = limit === null ? '' : ` (at most ${limit.toFixed(2)} s)`;
  console.log(`${met} ${name.padEnd(30)} ${ours.toFixed(2)} s${compared}${allowed}  ${against}`);
}

const project = new BenchProject(await loadRegistry(PROJECT));
let adopted: AdoptedRepository | undefined;
const all = [...adoptedFigures(() => (adopted ??= new AdoptedRepository(project))), ...FIGURES];
const quick = all.filter(({ long }) => !long);
const named = all.filter(({ name }) => name === only);
const figures = only !== undefined ? named : short ? sampleOf(quick, Math.ceil(quick.length / 3)) : all;
const results: Result[] = [];
try {
  project.shell(`${project.compose} up -d --build >/dev/null 2>&1`);
  project.task('up', 'ENV=vm_stg');
  for (const figure of figures) {
    const result = await measure(project, figure);
    show(result);
    results.push(result);
  }
  const more = async function* (): AsyncGenerator<Result> {
    if (only === undefined) yield* await measureUp(project, short ? 1 : 5);
    if (whole || only === 'state') {
      yield* measureState(project, 5);
      yield await measureWorktree(5);
    }
  };
  for await (const result of more()) {
    show(result);
    results.push(result);
  }
} finally {
  adopted?.dispose();
  project.dispose();
}
if (whole) {
  const machine = { cores: cpus().length, node: process.version, model: cpus()[0]?.model };
  const command = 'npm run bench';
  const written = { command, time: new Date().toISOString(), machine, results };
  writeFileSync(join(import.meta.dirname, 'results.json'), `${JSON.stringify(written, null, 2)}\n`);
  writeFileSync(join(import.meta.dirname, '../docs/bench.svg'), plot(results));
}
const missed = results.filter((result) => !isWithin(result, short ? SANE : 1));
if (missed.length > 0) {
  console.log(`not met: ${missed.map(({ name }) => name).join(', ')}`);
  if (whole || short) process.exitCode = 1;
}
