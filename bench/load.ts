import { EmbeddedScratch } from '../tests/helpers/embedded.ts';
import { faultsOf, resetUnderLoad } from '../tests/helpers/load.ts';

/**
 * Resets while clients reconnect without pause: all succeed, and no client is ever inside a database that is neither
 * the old one nor the finished new one.
 *
 *     npx tsx bench/load.ts [clients] [resets]
 */
const [clients = 50, resets = 50] = process.argv.slice(2).map(Number);
const scratch = new EmbeddedScratch({ engine: false });
await scratch.make();
try {
  await scratch.mustTask('up ENV=local_demo');
  const result = await resetUnderLoad(scratch, clients, resets);
  const times = result.times.toSorted((a, b) => a - b).map((time) => Math.round(time));
  const at = (part: number): number => times[Math.ceil(part * times.length) - 1]!;
  console.log(`${clients} clients, ${resets} resets, ${result.seen.length} visits of clients`);
  console.log(`ms of a reset: median ${at(0.5)}, 90 % ${at(0.9)}, most ${at(1)}`);
  for (const [heard, count] of result.refusals) console.log(`${String(count).padStart(7)} × ${heard}`);
  const faults = faultsOf(result, clients);
  console.log(faults.length === 0 ? 'no fault' : faults.join('\n'));
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  await scratch.dispose();
}
