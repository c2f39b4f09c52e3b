import { MakesafeError, messageOf } from '../errors.ts';
import type { StackRun } from '../run/run.ts';
import { wasKilled } from './run-lock.ts';
import { keepWall, wallOf } from './wall.ts';

/**
 * Puts the wall up again after a run that was killed, perhaps while it had a part of the wall down: between the end of
 * the container that holds the volumes and the end of the volumes, for instance. Every command on the environment calls
 * this before its own work.
 */
export async function closeWall(run: StackRun): Promise<void> {
  const { environment, stack, actor, terminal } = run;
  if (actor.dryRun || wallOf(environment.entry) === undefined || !wasKilled(run)) return;
  try {
    await stack.anchor?.hold();
    await stack.withClient(stack.database.name, (client) => keepWall(client, run));
  } catch (error) {
    // The server does not run: what the wall has in the database is there when it starts, and `up` looks again.
    if (!(error instanceof MakesafeError)) throw error;
    terminal.info(
      `the wall of ${environment.name} is not looked at after a run that was killed: ${messageOf(error)}`,
    );
  }
}
