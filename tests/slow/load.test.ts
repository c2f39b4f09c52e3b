import { afterAll, beforeAll, expect, test } from 'vitest';
import { PATIENCE } from '../helpers/embedded.ts';
import type { World } from '../helpers/fault-subjects.ts';
import { embeddedWorld, type Disposable } from '../helpers/fault-worlds.ts';
import { faultsOf, resetUnderLoad, runsOnBusyCores } from '../helpers/load.ts';

let world: World & Disposable;
beforeAll(async () => void (world = await embeddedWorld()), PATIENCE);
afterAll(() => world.dispose(), PATIENCE);

// bench/load.ts does it fifty times, and measures.
test('fifty clients reconnect without pause while the database is reset: all resets succeed, and nobody is let into a half-made database', async () => {
  const result = await resetUnderLoad(world, 50, 5);
  expect(faultsOf(result, 50, world.database)).toEqual([]);
  expect(new Set(result.oids).size).toBe(6);
  // They were there all the time: on average each was let into every database.
  expect(result.seen.length).toBeGreaterThan(6 * 50);
});

// bench/busy.ts: fifty resets and twenty restores, on both stacks.
test('twenty clients and two busy cores make two resets and a restore slow, and no failure', async () => {
  const dump = await world.makeDump();
  const named = `WAIT=0 ENV=${world.environment}`;
  for (const [command, runs] of [
    [`db-reset-db-env ${named}`, 2],
    [`restore-from-dump ${named} DUMP=${dump}`, 1],
  ] as const) {
    const { statuses, said } = await runsOnBusyCores(world, 20, command, runs);
    expect(statuses, said).toEqual(Array(runs).fill(0));
  }
}, 300_000);
