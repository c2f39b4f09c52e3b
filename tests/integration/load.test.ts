import { beforeAll, expect, test } from 'vitest';
import { PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { faultsOf, resetUnderLoad } from '../helpers/load.ts';

const scratch = useEmbedded({ engine: false });
beforeAll(async () => void (await scratch.mustTask('up ENV=local_demo')), PATIENCE);

// bench/load.ts does it fifty times, and measures.
test('fifty clients reconnect without pause while the database is reset: all resets succeed, and nobody is let into a half-made database', async () => {
  const result = await resetUnderLoad(scratch, 50, 5);
  expect(faultsOf(result, 50)).toEqual([]);
  expect(new Set(result.oids).size).toBe(6);
  // They were there all the time: on average each was let into every database.
  expect(result.seen.length).toBeGreaterThan(6 * 50);
}, 180_000);
