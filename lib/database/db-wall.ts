import type { StackRun } from '../run/run.ts';
import type { Giving } from '../parameters/parameter.ts';
import { RefusedError } from '../errors.ts';
import { refuseStandby } from './recovery.ts';
import { describeWall, isWhole, raiseWall, readStanding, wallOf } from './wall.ts';

/**
 * `db-wall-env`: says what the wall holds. With WALL=up, puts it up first.
 *
 * @throws RefusedError with WALL=up, if the registry gives the environment no wall
 */
export async function showWall(run: StackRun<Giving<{ WALL: 'up' | undefined }>>): Promise<void> {
  const { stack, environment, actor, terminal, values, command } = run;
  const { name } = stack.database;
  const wanted = wallOf(environment.entry) !== undefined;
  if (values.WALL === 'up') {
    if (!wanted)
      throw new RefusedError(`${environment.name} has no wall`, {
        hint: environment.entry.protected
          ? `take wall: false out of the entry ${environment.name} in env/environments.ts`
          : 'only a protected environment has one: protected: true in env/environments.ts',
      });
    await actor.act(`# the wall of ${name}`, () =>
      stack.withClient(name, async (client) => {
        await refuseStandby(client);
        for (const why of await raiseWall(client, run))
          terminal.warn(`the wall of ${environment.name} is not whole: ${why}`);
      }),
    );
  }
  const standing = await readStanding(run);
  terminal.result(describeWall(name, standing));
  if (wanted && !isWhole(standing))
    terminal.next(command('db-wall-env', { ENV: environment.name, WALL: 'up' }));
}
