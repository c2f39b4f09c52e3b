import type { Client } from 'pg';
import type { StackRun } from '../../run/run.ts';
import { whileUnfinished } from '../../system/unfinished.ts';
import { nameNow, newName } from './names.ts';
import { handOf, ownAttributes } from '../identity.ts';
import { findLeftovers, removeLeftovers } from './leftovers.ts';
import { withRollback, type Progress } from './with-rollback.ts';
import { build, type Copied } from './build.ts';
import { settle } from './swap.ts';

/**
 * Creates a staging database with the attributes of the environment's database, empty or as a copy, runs `work` on it, and always drops it
 * again. The environment's own database is not touched.
 *
 * @param work gets the staging database's name, and a client of the maintenance database
 * @throws CancelledError; FailedError with the message of what `work` has thrown. The staging database is dropped then
 * as well
 */
export async function inStaging(
  run: StackRun,
  work: (staging: string, client: Client) => Promise<void>,
  copied?: Copied,
): Promise<void> {
  const { stack } = run;
  const { name } = stack.database;
  const change = async (client: Client, progress: Progress): Promise<void> => {
    const hand = await handOf(run, client);
    await settle(run, hand);
    const own = await ownAttributes(run, client);
    progress.oid = own.oid;
    stack.fullDisk?.prepare();
    const left = (): string => `${nameNow(newName(name))}, which the next drill, reset or restore removes`;
    await whileUnfinished(left, async () => {
      await build(run, hand, own, { what: 'drill', since: new Date() }, progress, { fill: work, copied });
      await removeLeftovers(await findLeftovers(client, name), hand);
    });
  };
  await withRollback(run, change, true);
}
