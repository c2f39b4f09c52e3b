import { parseArgs } from 'node:util';
import { composeWorld, embeddedWorld } from '../tests/helpers/fault-worlds.ts';
import { runsOnBusyCores } from '../tests/helpers/load.ts';

/**
 * Resets and restores while clients reconnect without pause and all cores are busy with something else: all succeed,
 * however long they take. For compose as root.
 *
 *     npx tsx bench/busy.ts [--stack embedded|compose …] [--clients 20] [--resets 50] [--restores 20] [--cores 2]
 */
const { values } = parseArgs({
  options: {
    stack: { type: 'string', multiple: true, default: ['embedded', 'compose'] },
    clients: { type: 'string', default: '20' },
    resets: { type: 'string', default: '50' },
    restores: { type: 'string', default: '20' },
    cores: { type: 'string', default: '2' },
  },
});
const [clients, resets, restores, cores] = [values.clients, values.resets, values.restores, values.cores].map(
  Number,
) as [number, number, number, number];

for (const stack of values.stack) {
  const world = await (stack === 'compose' ? composeWorld({ disk: true }) : embeddedWorld());
  try {
    const dump = await world.makeDump();
    const named = `WAIT=0 ENV=${world.environment}`;
    for (const [command, runs] of [
      [`db-reset-db-env ${named}`, resets],
      [`restore-from-dump ${named} DUMP=${dump}`, restores],
    ] as const) {
      const { statuses, times, said } = await runsOnBusyCores(world, clients, command, runs, cores);
      const done = statuses.filter((status) => status === 0).length;
      const sorted = times.toSorted((a, b) => a - b).map(Math.round);
      const [task] = command.split(' ');
      console.log(
        `${task}, ${stack}: ${done} of ${runs}; ${clients} clients, ${cores} busy cores; ` +
          `ms: median ${sorted[Math.floor(runs / 2)]}, most ${sorted.at(-1)}`,
      );
      if (done < runs) {
        console.error(said);
        process.exitCode = 1;
      }
    }
  } finally {
    await world.dispose();
  }
}
