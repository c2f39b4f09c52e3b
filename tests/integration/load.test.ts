import { afterAll, beforeAll, expect, test } from 'vitest';
import { PATIENCE } from '../helpers/embedded.ts';
import type { World } from '../helpers/fault-subjects.ts';
import { embeddedWorld, type Disposable } from '../helpers/fault-worlds.ts';
import { faultsOf, resetUnderLoad } from '../helpers/load.ts';

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
}, 180_000);
