import type { DestructiveRun } from '../run/run.ts';
import { takeDownWall } from '../stack/postgres/wall.ts';
import { wallOf } from './wall.ts';

/** `db-drop-wall-env`: takes the wall down. `up` and the next migration put it up again, unless the registry has none. */
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
  if (wallOf(environment.entry) === undefined)
    return terminal.ok(`${environment.name}: the wall of ${name} is down`);
  terminal.ok(
    `${environment.name}: the wall of ${name} is down, until the next up or migration (wall: false in env/environments.ts: for good)`,
  );
  terminal.next(command('db-wall-env', { ENV: environment.name, WALL: 'up' }));
}
