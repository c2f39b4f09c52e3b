import type { Client } from 'pg';
import { messageOf } from '../../errors.ts';
import { byteSize } from '../../output/display.ts';
import type { StackRun } from '../../run/run.ts';
import type { Hand } from '../asserted.ts';
import { handOf } from '../identity.ts';
import { withMaintenanceSession } from '../maintenance.ts';
import { drop, findLeftovers, localTime } from './leftovers.ts';
import { nameNow } from './names.ts';
import { toRemove } from './undo-limits.ts';

const SIZES = `SELECT oid::text, pg_database_size(oid)::float8 AS size FROM pg_database WHERE oid = ANY ($1::oid[])`;

/** Bytes of a database on the server's disk. */
export async function sizeOf(client: Client, name: string): Promise<number> {
  const { rows } = await client.query<{ size: number }>(
    'SELECT pg_database_size(oid)::float8 AS size FROM pg_database WHERE datname = $1',
    [name],
  );
  return rows[0]?.size ?? 0;
}

/**
 * Removes the old databases that the registry does not allow any more, and says so. Only warns if it cannot: what the run was
 * for is done by then.
 */
export async function removeOutdated(
  { stack, environment, terminal, actor }: StackRun,
  hand: Hand,
): Promise<void> {
  if (actor.dryRun) return;
  let removing = 'an old database that should be removed';
  try {
    const { kept } = await findLeftovers(hand.client, stack.database.name);
    const { rows } = await hand.client.query<{ oid: string; size: number }>(SIZES, [
      kept.map(({ oid }) => oid),
    ]);
    const sized = kept.map((one) => ({ ...one, size: rows.find(({ oid }) => oid === one.oid)?.size ?? 0 }));
    for (const one of toRemove(sized, environment.entry, Date.now())) {
      removing = one.name;
      await drop(one, hand);
      terminal.info(
        `${one.name} (${byteSize(one.size)}), from before a ${one.mark.what} of ${localTime(one.mark.since)}, is removed: the registry keeps no more`,
      );
    }
  } catch (error) {
    terminal.warn(`${nameNow(removing)} is still there, and the registry keeps no more: ${messageOf(error)}`);
  }
}

/** The same, with a session of its own. */
export const removeOutdatedNow = (run: StackRun): Promise<void> =>
  withMaintenanceSession(run, async (client) => removeOutdated(run, await handOf(run, client)));
