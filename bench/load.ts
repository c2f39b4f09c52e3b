import { parseArgs } from 'node:util';
import type { World } from '../tests/helpers/fault-subjects.ts';
import { composeWorld, embeddedWorld } from '../tests/helpers/fault-worlds.ts';
import { faultsOf, resetUnderLoad } from '../tests/helpers/load.ts';

/**
 * Resets while clients reconnect without pause: all succeed, each soon after its countdown, and no client is ever
 * inside a database that is neither the old one nor the finished new one. For compose as root.
 *
 *     npx tsx bench/load.ts [--stack embedded|compose …] [--clients 50] [--resets 50] [--limit 2000]
 */
const { values } = parseArgs({
  options: {
    stack: { type: 'string', multiple: true, default: ['embedded', 'compose'] },
    clients: { type: 'string', default: '50' },
    resets: { type: 'string', default: '50' },
    limit: { type: 'string', default: '2000' },
  },
});

for (const stack of values.stack) {
  // With the sample's other environments in the registry, whose configuration the guard reads after the countdown too.
  const world = await (stack === 'compose'
    ? composeWorld({ disk: true, neighbours: true })
    : embeddedWorld({ neighbours: true }));
  try {
    await measure(stack, world);
  } finally {
    await world.dispose();
  }
}

async function measure(stack: string, world: World): Promise<void> {
  const [clients, resets, limit] = [values.clients, values.resets, values.limit].map(Number) as [
    number,
    number,
    number,
  ];
  const result = await resetUnderLoad(world, clients, resets);
  const times = result.times.toSorted((a, b) => a - b).map(Math.round);
  const at = (part: number): number => times[Math.ceil(part * times.length) - 1]!;
  console.log(`${stack}: ${clients} clients, ${resets} resets, ${result.seen.length} visits of clients`);
  console.log(
    `ms from the countdown to the end of the task: median ${at(0.5)}, 90 % ${at(0.9)}, most ${at(1)}`,
  );
  for (const [heard, count] of result.refusals) console.log(`${String(count).padStart(7)} × ${heard}`);
  const late = times.filter((time) => time >= limit).length;
  const faults = [
    ...faultsOf(result, clients, world.database),
    ...(late > 0 ? [`${late} took ${limit} ms or more`] : []),
  ];
  console.log(faults.length === 0 ? 'no fault' : faults.join('\n'));
  if (faults.length > 0) process.exitCode = 1;
}
