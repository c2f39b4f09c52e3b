import type { DestructiveRun } from '../run/run.ts';
import { takeDownWall } from '../stack/postgres/wall.ts';

/** `db-drop-wall-env`: takes the wall down. `up` and the next migration put it up again. */
export async function dropWall({
  stack,
  environment,
  actor,
  terminal,
  command,
}: DestructiveRun): Promise<void> {
  const { name } = stack.database;
  await actor.act(`# takes down the wall of ${name}`, async () => {
    await stack.withClient(name, takeDownWall);
    await stack.anchor?.letGo();
  });
  if (actor.dryRun) return;
  terminal.ok(`${environment.name}: the wall of ${name} is down, until the next up or migration`);
  terminal.next(command('db-wall-env', { ENV: environment.name, WALL: 'up' }));
}
