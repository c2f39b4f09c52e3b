import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadRegistry } from '../lib/environment/registry.ts';
import { FIGURES, type Figure } from './figures.ts';
import { median } from './median.ts';
import { plot } from './plot.ts';
import { BenchProject, PROJECT } from './project.ts';
import { measureUp } from './up.ts';

/**
 * `npm run bench`: every figure against what a person would do otherwise, in pairs and in one run; `-- --short` for one
 * round of what is quick, `-- --only <name>` for one figure. The whole form is written to bench/results.json and
 * docs/bench.svg, and ends with 1 when a budget is not met; the others only show what they find.
 */
const { short, only } = parseArgs({
  options: { short: { type: 'boolean', default: false }, only: { type: 'string' } },
}).values;
const whole = !short && only === undefined;

/** Where something is asked the ratio has to stand still: single rounds differ by a quarter. */
function roundsOf({ budget, long }: Figure): number {
  if (short) return 1;
  if (budget === undefined) return 3;
  return long ? 7 : 15;
}

export interface Result {
  readonly name: string;
  readonly against: string;
  /** Medians, seconds. */
  readonly ours: number;
  readonly other: number;
  readonly ratio: number;
  /** What the ratio may be at most; null where nothing is asked of it. */
  readonly budget: number | null;
  readonly rounds: number;
}

async function measure(project: BenchProject, figure: Figure): Promise<Result> {
  const times: Record<'ours' | 'other' | 'start', number[]> = { ours: [], other: [], start: [] };
  const count = roundsOf(figure);
  // The first round warms caches up and does not count.
  for (let round = 0; round <= count; round++) {
    const sides = round % 2 === 0 ? (['ours', 'other'] as const) : (['other', 'ours'] as const);
    for (const side of sides) {
      figure.before?.(project);
      const seconds = await figure[side](project);
      if (round > 0) times[side].push(seconds);
    }
    if (figure.ownWork && round > 0) times.start.push(project.shell('node --import tsx bench/empty.ts'));
  }
  const ours = median(times.ours) - (figure.ownWork ? median(times.start) : 0);
  const other = median(times.other);
  return { ...pick(figure), ours, other, ratio: ours / other, rounds: count };
}

const pick = ({ name, against, budget }: Figure): Pick<Result, 'name' | 'against' | 'budget'> => ({
  name,
  against,
  budget: budget ?? null,
});

function show({ name, against, ours, other, ratio, budget }: Result): void {
  const met = budget === null ? '·' : ratio <= budget ? '✓' : '✗';
  const limit = budget === null ? '' : ` (at most ${budget})`;
  const figures = `${ours.toFixed(2)} s to ${other.toFixed(2)} s = ${ratio.toFixed(2)}${limit}`;
  console.log(`${met} ${name.padEnd(26)} ${figures}  ${against}`);
}

const project = new BenchProject(await loadRegistry(PROJECT));
const results: Result[] = [];
try {
  project.shell(`${project.compose} up -d --build >/dev/null 2>&1`);
  project.task('up', 'ENV=vm_stg');
  for (const figure of FIGURES) {
    if (only === undefined ? short && figure.long : figure.name !== only) continue;
    const result = await measure(project, figure);
    show(result);
    results.push(result);
  }
  for (const result of only === undefined ? await measureUp(project, short ? 1 : 5) : []) {
    show(result);
    results.push(result);
  }
} finally {
  project.dispose();
}
if (whole) {
  const machine = { cores: cpus().length, node: process.version, model: cpus()[0]?.model };
  const command = 'npm run bench';
  const written = { command, time: new Date().toISOString(), machine, results };
  writeFileSync(join(import.meta.dirname, 'results.json'), `${JSON.stringify(written, null, 2)}\n`);
  writeFileSync(join(import.meta.dirname, '../docs/bench.svg'), plot(results));
}
const missed = results.filter(({ ratio, budget }) => budget !== null && ratio > budget);
if (missed.length > 0) {
  console.log(`not met: ${missed.map(({ name }) => name).join(', ')}`);
  if (whole) process.exitCode = 1;
}
