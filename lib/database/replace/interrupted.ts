import { MakesafeError } from '../../errors.ts';
import type { StackRun } from '../../run/run.ts';
import { handOf } from '../identity.ts';
import { describeLeftovers, drop, findLeftovers, reopen, type Leftovers } from './leftovers.ts';
import { withMaintenanceSession } from '../maintenance.ts';
import { maintenanceDatabase } from '../../stack/postgres/maintenance-database.ts';

/** Finds what interrupted runs left on the server of the environment's database. */
export const lookForLeftovers = ({ stack }: StackRun): Promise<Leftovers> =>
  stack.withClient(maintenanceDatabase(stack.database.name), (client) =>
    findLeftovers(client, stack.database.name),
  );

/** Whether `undoInterrupted` has something to do. */
export const isInterrupted = ({ closed, unfinished }: Leftovers): boolean => Boolean(closed ?? unfinished);

/**
 * Undoes what a run left that was killed before its swap: opens the database that it had closed, and drops its staging
 * database. Touches no database with data of an application. Does nothing if the server does not answer.
 *
 * @returns whether the database had been closed
 */
export async function undoInterrupted(run: StackRun): Promise<boolean> {
  const { stack, actor, terminal } = run;
  let found: Leftovers;
  try {
    found = await lookForLeftovers(run);
  } catch (error) {
    if (error instanceof MakesafeError) return false;
    throw error;
  }
  if (!isInterrupted(found)) return false;
  const opened = await withMaintenanceSession(run, async (client) => {
    // The run that was found may have ended while we waited for the lock.
    const leftovers = await findLeftovers(client, stack.database.name);
    if (!isInterrupted(leftovers)) return undefined;
    const hand = await handOf(run, client);
    describeLeftovers(stack.database.name, { ...leftovers, former: undefined }).forEach(terminal.info);
    await reopen(leftovers, hand);
    if (leftovers.unfinished) await drop(leftovers.unfinished, hand);
    return leftovers.closed !== undefined;
  });
  if (opened === undefined) return false;
  if (!actor.dryRun) terminal.ok(`${stack.database.name} is open to applications, unchanged`);
  return opened;
}
