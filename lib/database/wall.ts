import type { Client } from 'pg';
import { messageOf } from '../errors.ts';
import { counted } from '../output/display.ts';
import type { EnvironmentEntry } from '../environment/entry.ts';
import type { StackRun } from '../run/run.ts';
import { MARK_MIGRATING } from '../stack/postgres/advisory-keys.ts';
import { HOLD_OPEN } from '../stack/postgres/wall-statements.ts';
import { putUpWall, readWall, stands, type Wall } from '../stack/postgres/wall.ts';

/** Patterns of the tables that the wall leaves out; undefined: the environment has no wall. */
export function wallOf({
  protected: isProtected,
  wall = false,
}: Pick<EnvironmentEntry, 'protected' | 'wall'>): readonly string[] | undefined {
  if (!isProtected || wall === false) return undefined;
  return wall === true ? [] : wall.except;
}

/**
 * Puts up what is missing of the wall, where the environment has one. What our role may not do is left out: `check` says so.
 *
 * @param client of the database
 */
export async function keepWall(client: Client, run: WallRun): Promise<void> {
  if (wallOf(run.environment.entry) === undefined) return;
  await wallDatabase(client, run);
  await run.stack.anchor?.hold().catch((error: unknown) => notWhole(run, messageOf(error)));
}

type WallRun = Pick<StackRun, 'environment' | 'stack' | 'terminal' | 'command'>;

/** The part in a database alone, perhaps one that is not the environment's yet. */
async function wallDatabase(client: Client, run: WallRun): Promise<void> {
  const except = wallOf(run.environment.entry);
  if (except === undefined) return;
  for (const why of Object.values(await putUpWall(client, except))) notWhole(run, why);
}

type Fill = (database: string, client: Client) => Promise<void>;

/** Fills a database that will be the environment's; where that has a wall, before anybody can reach it. */
export function behindWall(run: WallRun & Pick<StackRun, 'actor'>, fill: Fill | undefined): Fill | undefined {
  if (run.actor.dryRun || wallOf(run.environment.entry) === undefined) return fill;
  return async (database, client) => {
    await fill?.(database, client);
    await run.stack.withClient(database, (inside) => wallDatabase(inside, run));
  };
}

const notWhole = ({ environment, terminal, command }: WallRun, why: string): void =>
  terminal.warn(
    `the wall of ${environment.name} is not whole: ${why} (${command('db-wall-env', { ENV: environment.name, WALL: 'up' })})`,
  );

/**
 * Runs `work` while the wall is open for the sessions that it marks: those of Alembic, and of a script. It is closed when
 * `work` ends, and also when this process is killed: a session of ours holds it open.
 */
export async function withWallOpen<T>(
  { environment, stack, actor }: Pick<StackRun, 'environment' | 'stack' | 'actor'>,
  work: () => Promise<T>,
): Promise<T> {
  if (wallOf(environment.entry) === undefined || actor.dryRun) return work();
  return stack.withClient(stack.database.name, async (client) => {
    await client.query(HOLD_OPEN);
    return work();
  });
}

/** Marks a session of ours, so that it may pass while `withWallOpen` holds. It ends with the session. */
export async function passWall(
  client: Client,
  { environment }: Pick<StackRun, 'environment'>,
): Promise<void> {
  if (wallOf(environment.entry) !== undefined) await client.query(MARK_MIGRATING);
}

/** What stands, in words: `holds database core, its schemas, 12 tables, volume core_db`. */
export function describeWall(name: string, { wall, anchor }: Standing): string {
  const volumes = (names: readonly string[] = []): string[] => names.map((one) => `volume ${one}`);
  const { database, schemas, tables, uncovered, superuser } = wall;
  const held = [
    ...(database ? [`database ${name}`] : []),
    ...(schemas ? ['its schemas'] : []),
    ...(tables > uncovered.length ? [counted(tables - uncovered.length, 'table')] : []),
    ...volumes(anchor?.held),
  ];
  const open = [
    ...(database ? [] : ['DROP DATABASE']),
    ...(schemas ? [] : ['DROP of schemas and tables']),
    ...(uncovered.length > 0 ? [`TRUNCATE and DELETE of ${counted(uncovered.length, 'table')}`] : []),
    ...volumes(anchor?.loose),
  ];
  const why = superuser || stands(wall) ? '' : ', because the role is no superuser';
  return [
    ...(held.length > 0 ? [`holds ${held.join(', ')}`] : []),
    ...(open.length > 0 ? [`does not hold ${open.join(', ')}${why}`] : []),
  ].join('; ');
}

/** What stands of an environment's wall. */
export interface Standing {
  readonly wall: Wall;
  /** Volumes that the engine would remove; undefined where there are none. */
  readonly anchor: { readonly held: readonly string[]; readonly loose: readonly string[] } | undefined;
}

export async function readStanding({
  environment,
  stack,
}: Pick<StackRun, 'environment' | 'stack'>): Promise<Standing> {
  const [wall, anchor] = await Promise.all([
    stack.withClient(stack.database.name, (client) => readWall(client, wallOf(environment.entry) ?? [])),
    stack.anchor?.look(),
  ]);
  return { wall, anchor };
}

/** Whether nothing is missing that could be put up. */
export const isWhole = ({ wall, anchor }: Standing): boolean =>
  (stands(wall) || !wall.superuser) && (anchor?.loose ?? []).length === 0;
