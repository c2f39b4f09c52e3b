import { describeWall, isWhole, readStanding } from '../database/wall.ts';
import { passed, warning, type Check } from '../output/check-result.ts';
import type { StackRun } from '../run/run.ts';

/** What holds the database and its volumes against DROP, TRUNCATE and `docker volume rm` that are typed by hand. */
export const wallStands: Check<StackRun> = {
  name: 'wall',
  async look(run) {
    const { environment, stack, command } = run;
    const standing = await readStanding(run);
    const found = describeWall(stack.database.name, standing);
    if (isWhole(standing)) return passed(found);
    return warning(found, command('db-wall-env', { ENV: environment.name, WALL: 'up' }));
  },
};
