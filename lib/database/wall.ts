import type { Client } from 'pg';
import { messageOf } from '../errors.ts';
import { counted } from '../output/display.ts';
import type { EnvironmentEntry } from '../environment/entry.ts';
import type { StackRun } from '../run/run.ts';
import { MARK_MIGRATING } from '../stack/postgres/advisory-keys.ts';
import { HOLD_OPEN } from '../stack/postgres/wall-statements.ts';
import { beyond, common } from './left-out.ts';
import { putUpWall, readEmptied, readHeld, readWall, stands, type Wall } from '../stack/postgres/wall.ts';

/** Patterns of the tables that the wall leaves out; undefined: the environment has no wall. A protected one has, by default. */
export function wallOf({
  protected: isProtected,
  wall = true,
}: Pick<EnvironmentEntry, 'protected' | 'wall'>): readonly string[] | undefined {
  if (!isProtected || wall === false) return undefined;
  return wall === true ? [] : wall.except;
}

type WallRun = Pick<StackRun, 'environment' | 'stack' | 'terminal' | 'command'>;

/**
 * Puts up what is missing of the wall, where the environment has one, and says so the first time. What stands is never made
 * weaker, whatever the registry says by now: that is `db-drop-wall-env`'s, behind the guard. What is still missing is
 * a warning only where the registry asks for a wall in words: `check` and `health` say it, and a migration does not each time.
 *
 * @param client of the database
 */
export async function keepWall(client: Client, run: WallRun): Promise<void> {
  const { environment, stack, terminal, command } = run;
  const { name } = stack.database;
  const isHeld = await readHeld(client, name);
  if (wallOf(environment.entry) === undefined) {
    if (isHeld) {
      const line = command('db-drop-wall-env', { ENV: environment.name, FORCE: '1' });
      const said = environment.entry.protected ? 'wall: false' : 'protected: false';
      terminal.info(`the registry says ${said}, and the wall of ${environment.name} still stands (${line})`);
    }
    return;
  }
  warnOf(run, await raiseWall(client, run));
  if (!isHeld && (await readHeld(client, name))) await announce(client, run);
}

/** Puts up what is missing of the wall. @returns why a part could not be put up; what our role may not do is not in it */
export async function raiseWall(client: Client, run: WallRun): Promise<string[]> {
  const { environment, stack, terminal, command } = run;
  const is = await readWall(client);
  const wanted = wallOf(environment.entry)!;
  const more = beyond(wanted, is.except ?? wanted);
  if (more.length > 0) {
    const line = command('db-drop-wall-env', { ENV: environment.name, WALL: 'except', FORCE: '1' });
    terminal.warn(
      `the wall of ${environment.name} holds ${more.join(', ')} as before, which the registry leaves out by now (${line})`,
    );
  }
  const missing = await putUpWall(client, stronger(wanted, is)!, is);
  const loose = await stack.anchor?.hold().catch(messageOf);
  return [...Object.values(missing), ...(loose ? [loose] : [])];
}

type Fill = (database: string, client: Client) => Promise<void>;

/**
 * What a wall leaves out that is as strong as the one that stands, and as the registry wants it.
 *
 * @returns undefined: there is none, and none is wanted
 */
function stronger(wanted: readonly string[] | undefined, is: Wall): readonly string[] | undefined {
  if (wanted === undefined) return is.made || is.database ? (is.except ?? []) : undefined;
  return common(wanted, is.except ?? wanted);
}

/**
 * Fills a database that will be the environment's; where that has a wall, before anybody can reach it. The new one is as strong
 * as the present one's.
 */
export function behindWall(run: WallRun & Pick<StackRun, 'actor'>, fill: Fill | undefined): Fill | undefined {
  const { environment, stack, actor } = run;
  if (actor.dryRun || !environment.entry.protected) return fill;
  return async (database, client) => {
    await fill?.(database, client);
    const wanted = wallOf(environment.entry);
    // Where nobody can look, all is held: the next `up` says what the registry leaves out.
    const except = await stack.withClient(stack.database.name, readWall).then(
      (is) => stronger(wanted, is),
      () => wanted && [],
    );
    if (except === undefined) return;
    await stack.withClient(database, async (inside) =>
      warnOf(run, Object.values(await putUpWall(inside, except))),
    );
  };
}

function warnOf({ environment, terminal, command }: WallRun, missing: readonly string[]): void {
  if (environment.entry.wall === undefined) return;
  const line = command('db-wall-env', { ENV: environment.name, WALL: 'up' });
  for (const why of missing) terminal.warn(`the wall of ${environment.name} is not whole: ${why} (${line})`);
}

/** Nobody shall meet it without having been told. */
async function announce(client: Client, run: WallRun): Promise<void> {
  const { environment, stack, terminal } = run;
  const standing = await readStanding(run);
  const held = describeWall(stack.database.name, standing);
  terminal.info(
    `${environment.name} has a wall now against DROP, TRUNCATE and DELETE of all rows that others type or run: it ${held} (wall: false in env/environments.ts leaves it out)`,
  );
  const emptied = standing.wall.schemas ? await readEmptied(client) : [];
  if (emptied.length > 0)
    terminal.warn(
      `most rows that were ever written to ${emptied.join(', ')} are gone again: what empties a table is refused from now on; if the application does it, write wall: { except: [${emptied.map((one) => `'${one}'`).join(', ')}] } into the entry ${environment.name} in env/environments.ts`,
    );
}

/**
 * Runs `work` while the wall is open for the sessions that it marks: those of Alembic, and of a script. It is closed when
 * `work` ends, and also when this process is killed: a session of ours holds it open. Also where the registry says
 * `wall: false`: what it had before may still stand.
 */
export async function withWallOpen<T>(
  { environment, stack, actor }: Pick<StackRun, 'environment' | 'stack' | 'actor'>,
  work: () => Promise<T>,
): Promise<T> {
  if (!environment.entry.protected || actor.dryRun) return work();
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
  if (environment.entry.protected) await client.query(MARK_MIGRATING);
}

/** What stands, in words: `holds database core, its schemas, 12 tables, volume core_db`. */
export function describeWall(name: string, { wall, anchor, wanted }: Standing): string {
  const volumes = (names: readonly string[] = []): string[] => names.map((one) => `volume ${one}`);
  const { database, schemas, tables, uncovered, superuser } = wall;
  const held = [
    ...(database ? [`database ${name}`] : []),
    ...(schemas ? ['its schemas'] : []),
    ...(tables > uncovered.length ? [counted(tables - uncovered.length, 'table')] : []),
    ...volumes(anchor?.held),
    ...beyond(wanted ?? [], wall.except ?? wanted ?? []).map((one) => `${one} (the registry leaves it out)`),
  ];
  const open = [
    ...(database ? [] : ['DROP DATABASE']),
    ...(schemas ? [] : ['DROP of schemas and tables']),
    ...(wanted ? beyond(wall.except ?? [], wanted) : []),
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
  /** What the registry lets it leave out; undefined: it has no wall. */
  readonly wanted: readonly string[] | undefined;
  /** Volumes that the engine would remove; undefined where there are none. */
  readonly anchor: { readonly held: readonly string[]; readonly loose: readonly string[] } | undefined;
}

export async function readStanding({
  environment,
  stack,
}: Pick<StackRun, 'environment' | 'stack'>): Promise<Standing> {
  const [wall, anchor] = await Promise.all([
    stack.withClient(stack.database.name, readWall),
    stack.anchor?.look(),
  ]);
  return { wall, anchor, wanted: wallOf(environment.entry) };
}

/** Whether nothing is missing that could be put up. */
export const isWhole = ({ wall, anchor, wanted = [] }: Standing): boolean =>
  (stands(wall) || !wall.superuser) &&
  beyond(wall.except ?? [], wanted).length === 0 &&
  (anchor?.loose ?? []).length === 0;
