import { findLeftovers } from '../database/replace/leftovers.ts';
import { isOutdated } from '../database/replace/undo-limits.ts';
import { markWith } from '../database/marker.ts';
import { keepWall } from '../database/wall.ts';
import { maintenanceDatabase } from '../stack/postgres/maintenance-database.ts';
import { FailedError } from '../errors.ts';
import type { StackRun } from '../run/run.ts';
import { whileUnfinished } from '../system/unfinished.ts';
import { tellCheckout } from './checkout.ts';
import { createDatabase, isMissing } from '../stack/postgres/create-database.ts';

/** Starts the stack. If a killed reset or restore left the database closed to connections, opens it again. */
export async function begin(run: StackRun, start: () => Promise<void>): Promise<void> {
  const { undoInterrupted } = await import('../database/replace/interrupted.ts');
  tellCheckout(run);
  let failure: { error: unknown } | undefined;
  const { command, environment } = run;
  const unfinished = `services that may be half started (${command('ps', { ENV: environment.name })})`;
  await whileUnfinished(unfinished, start)
    .then(() => ready(run))
    .catch((error: unknown) => (failure = { error }));
  if (!failure) return;
  // The database may not answer because a killed run closed it.
  const opened = failure.error instanceof FailedError && (await undoInterrupted(run));
  if (!opened) await makeMissing(run, failure.error);
  await ready(run);
}

/**
 * Creates the database if the server has none of that name. The image creates it with new storage only; it is missing
 * if the name changed since, or if somebody dropped it.
 *
 * @throws the given failure if it has another cause
 */
async function makeMissing({ stack, terminal }: StackRun, failure: unknown): Promise<void> {
  if (!isMissing(failure)) throw failure;
  const { name } = stack.database;
  await stack.withClient(maintenanceDatabase(name), (client) => createDatabase(client, stack.database));
  terminal.warn(`there was no database ${name}: an empty one was made`);
}

/** The database answers: marks it and looks for leftovers, on one connection, because people wait for it. */
async function ready(run: StackRun): Promise<void> {
  const { environment, stack, terminal, actor, command } = run;
  const { isInterrupted, undoInterrupted } = await import('../database/replace/interrupted.ts');
  if (actor.dryRun) return void (await undoInterrupted(run));
  const { name } = stack.database;
  const [leftovers] = await Promise.all([
    stack.withClient(name, async (client) => {
      await markWith(client, run);
      await keepWall(client, run);
      return findLeftovers(client, name);
    }),
    stack.checkPassword(),
  ]);
  // An unfinished staging database alone disturbs nothing: leave it.
  if (isInterrupted(leftovers)) await undoInterrupted(run);
  if (leftovers.kept.some((one) => isOutdated(one, environment.entry, Date.now())))
    await (await import('../database/replace/remove-outdated.ts')).removeOutdatedNow(run);
  terminal.ok(`${environment.name}: database ${name} answers`);
  const hasRoles = environment.names.rolesScript !== undefined;
  terminal.next(command(hasRoles ? 'db-bootstrap-roles-env' : 'al-up-env', { ENV: environment.name }));
}
