import type { DestructiveRun } from '../../run/run.ts';
import { handOf } from '../identity.ts';
import { lookForLeftovers } from './interrupted.ts';
import { drop, findLeftovers } from './leftovers.ts';
import { withMaintenanceSession } from '../maintenance.ts';
import { chosen, describe } from './kept.ts';
import type { Giving } from '../../parameters/parameter.ts';

/** The OIDs of the databases that were shown. No other database is dropped. */
let shown: readonly string[] = [];

/** Shows what will be removed, before the countdown. @throws RefusedError if there is nothing to remove */
export async function checkKept(run: DestructiveRun<Giving<{ NAME: string | undefined }>>): Promise<void> {
  const rows = chosen(run, await lookForLeftovers(run));
  for (const row of rows) run.terminal.info(`to be removed: ${describe(row)}`);
  shown = rows.map(({ oid }) => oid);
}

/** `db-drop-old-env`: drops old databases that a reset or restore kept, or could not drop. */
export async function dropKept(run: DestructiveRun<Giving<{ NAME: string | undefined }>>): Promise<void> {
  const { actor, terminal, environment, stack, signal } = run;
  const gone: string[] = [];
  await withMaintenanceSession(run, async (client) => {
    const hand = await handOf(run, client);
    for (const row of chosen(run, await findLeftovers(client, stack.database.name))) {
      signal.throwIfAborted();
      if (!shown.includes(row.oid)) {
        terminal.warn(`${row.name} was not there when you were asked: it stays`);
        continue;
      }
      await drop(row, hand);
      gone.push(row.name);
    }
  });
  if (!actor.dryRun) for (const name of gone) terminal.ok(`${environment.name}: ${name} is gone`);
}
