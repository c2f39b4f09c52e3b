import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { composeWorld, embeddedWorld } from '../tests/helpers/fault-worlds.ts';
import * as subjects from '../tests/helpers/fault-subjects.ts';
import { applies, FAULTS, judge, recordSteps, tryFault, type Subject } from '../tests/helpers/faults.ts';

/**
 * Every step of the commands that change a database × every fault: run into it, look, run the same command again, look
 * again. Prints a table and ends with status 1 when anything was neither whole nor repaired.
 *
 *     npx tsx bench/faults.ts [--stack embedded|compose] [--command reset-db …] [--every n] [--from n] [--fault "task killed" …]
 */
const { values } = parseArgs({
  options: {
    stack: { type: 'string', multiple: true, default: ['embedded', 'compose'] },
    command: { type: 'string', multiple: true },
    fault: { type: 'string', multiple: true },
    every: { type: 'string', default: '1' },
    from: { type: 'string', default: '1' },
  },
});

const HEAD = '20251211_140000000';
let failures = 0;
// What was begun is ended, and the world taken down.
let cancelled = false;
process.on('SIGINT', () => (cancelled = true));

for (const stack of values.stack) {
  const world = await (stack === 'compose' ? composeWorld() : embeddedWorld());
  try {
    const folder = await world.folder();
    mkdirSync(folder, { recursive: true });
    const all: Record<string, () => Promise<Subject>> = {
      'reset-db': () => Promise.resolve(subjects.resetDatabase(world)),
      backup: () => Promise.resolve(subjects.backup(world, folder)),
      restore: async () => subjects.restore(world, await world.makeDump()),
      'al-up': () => Promise.resolve(subjects.migrate(world, HEAD)),
      'reset-volume': () => Promise.resolve(subjects.resetVolume(world)),
    };
    for (const command of values.command ?? Object.keys(all)) {
      if (!cancelled) await table(stack, await all[command]!());
    }
  } finally {
    await world.dispose();
  }
}
process.exitCode = failures === 0 ? 0 : 1;

async function table(stack: string, subject: Subject): Promise<void> {
  const steps = await recordSteps(subject);
  const faults = FAULTS.filter((fault) => !values.fault || values.fault.includes(fault));
  console.log(`\n## ${subject.command}, ${stack}: ${steps.length} steps\n`);
  console.log(`| # | step | ${faults.join(' | ')} |\n|---|---|${faults.map(() => '---|').join('')}`);
  for (const [index, label] of steps.entries()) {
    if (index + 1 < Number(values.from) || (index + 1 - Number(values.from)) % Number(values.every) !== 0)
      continue;
    const cells: string[] = [];
    for (const fault of faults) {
      if (cancelled) return;
      if (!applies(fault, label, subject)) {
        cells.push('·');
        continue;
      }
      const outcome = await tryFault(subject, index + 1, label, fault);
      const { cell, failed } = judge(outcome);
      cells.push(cell);
      if (failed) {
        failures += 1;
        console.error(`\nstep ${index + 1} (${label}), ${fault}:\n${outcome.said}`);
      }
    }
    console.log(`| ${index + 1} | ${label.slice(0, 60).replaceAll('|', '¦')} | ${cells.join(' | ')} |`);
  }
}
