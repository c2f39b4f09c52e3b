import type { Client } from 'pg';
import type { StackRun } from '../../run/run.ts';
import { whileUnfinished } from '../../system/unfinished.ts';
import { newName } from './aside.ts';
import { handOf, ownAttributes } from '../identity.ts';
import { findLeftovers, removeLeftovers } from './leftovers.ts';
import { withRollback } from './with-rollback.ts';
import { build, settle } from './swap.ts';

/**
 * Makes a database beside the environment's own, with the same attributes, has it filled and looked at, and removes it,
 * whatever comes of it. The environment's own database is not touched.
 *
 * @param work is given its name, and a client beside it
 * @throws what `work` throws, CancelledError; the staging database is gone then as well
 */
export async function inStaging(
  run: StackRun,
  work: (aside: string, client: Client) => Promise<void>,
): Promise<void> {
  const { stack } = run;
  const { name } = stack.database;
  await withRollback(run, async (client, progress) => {
    const hand = await handOf(run, client);
    await settle(run, hand);
    const own = await ownAttributes(run, client);
    progress.oid = own.oid;
    stack.fullDisk?.prepare();
    await whileUnfinished(`${newName(name)}, which the next drill, reset or restore removes`, async () => {
      await build(run, hand, own, { what: 'drill', since: new Date() }, progress, work);
      await removeLeftovers(await findLeftovers(client, name), hand);
    });
  });
}
