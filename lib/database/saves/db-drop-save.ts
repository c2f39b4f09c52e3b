import type { Giving } from '../../parameters/parameter.ts';
import type { DestructiveRun } from '../../run/run.ts';
import { OtherDatabaseError } from '../asserted.ts';
import { handOf } from '../identity.ts';
import { withMaintenanceSession } from '../maintenance.ts';
import { drop } from '../replace/leftovers.ts';
import { choose, describeSaved, findSaved, lookForSaved } from './saved.ts';

type DropRun = DestructiveRun<Giving<{ NAME: string }>>;

/** The OID of the saved copy that was shown. No other database is dropped. */
let shown: string | undefined;

/** Shows which copy will be removed, before the countdown. @throws RefusedError if there is none of that name */
export async function checkSave(run: DropRun): Promise<void> {
  const one = choose(run, await lookForSaved(run));
  run.terminal.info(`to be removed: ${describeSaved(one)}`);
  shown = one.oid;
}

/** `db-drop-save-env`: drops one saved copy. The environment's database is not touched. */
export async function dropSave(run: DropRun): Promise<void> {
  const { actor, terminal, environment, stack, values, command } = run;
  await withMaintenanceSession(run, async (client) => {
    const hand = await handOf(run, client);
    const one = choose(run, await findSaved(client, stack.database.name));
    if (one.oid !== shown)
      throw new OtherDatabaseError(`${one.name} is not the copy that was shown; nothing was changed`, {
        hint: command('db-saves-env', { ENV: environment.name }),
      });
    // First: a spare without the copy that it belongs to would be taken for nothing.
    if (one.spare) await drop(one.spare, hand);
    await drop(one, hand);
  });
  if (!actor.dryRun) terminal.ok(`${environment.name}: ${values.NAME} is gone`);
}
