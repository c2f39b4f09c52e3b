import { isLost, UnreachableError } from '../errors.ts';
import type { StackRun } from '../run/run.ts';
import { maintenanceDatabase } from '../stack/postgres/maintenance-database.ts';
import { refuseStandby } from './recovery.ts';

/** Something was changed on a server that is the primary no more. Whether the new primary has it, is not known. */
class LostPrimaryError extends UnreachableError {
  constructor() {
    super('another server became the primary meanwhile: it may not have what was changed here', {
      hint: 'see what happens to the cluster, and what is there, then type this again',
    });
  }
}

/**
 * Runs `work`, which changes something, and makes sure that the primary has been the same one all the time. What a server
 * has taken that was cut off from its cluster is gone when it comes back, so nobody may say [ok] before this.
 *
 * @throws StandbyError · UnclearPrimaryError before `work` · LostPrimaryError after it
 */
export async function whilePrimary<T>(run: StackRun, work: () => Promise<T>): Promise<T> {
  const { environment, actor, signal } = run;
  // Only a server that others run may be one of several. After Ctrl-C there is no time for questions.
  if (environment.entry.stack !== 'server' || actor.dryRun || signal.aborted) return work();
  const before = await timeline(run);
  const result = await work();
  if (signal.aborted) return result;
  const after = await timeline(run).catch((error: unknown) => {
    if (isLost(error)) return undefined;
    throw error;
  });
  if (after !== before) throw new LostPrimaryError();
  return result;
}

/** Each new primary begins another one. Null if the server does not tell. @throws StandbyError · UnclearPrimaryError */
async function timeline({ stack }: StackRun): Promise<number | null> {
  await stack.makeSureOfPrimary?.();
  const recovery = await stack.withClient(maintenanceDatabase(stack.database.name), refuseStandby);
  return recovery.timeline;
}
