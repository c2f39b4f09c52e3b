import { FailedError, RefusedError } from '../errors.ts';
import type { Giving } from '../parameters/parameter.ts';
import type { DestructiveRun } from '../run/run.ts';
import { assistantHere } from '../system/assistant.ts';
import { putUpWall, takeDownWall } from '../stack/postgres/wall.ts';
import { readStanding, wallOf } from './wall.ts';

type DropWall = DestructiveRun<Giving<{ WALL: 'except' | undefined }>>;

/**
 * Before `db-drop-wall-env`. That a wall stands shows that the database was protected: its end wants a person and FORCE=1, also
 * where the registry says `protected: false` by now.
 *
 * @throws RefusedError to an assistant, without FORCE=1, or if the registry leaves nothing out
 */
export async function mayDropWall(run: DropWall): Promise<void> {
  const { environment, values, command } = run;
  const { name, entry } = environment;
  const given = { ENV: name, FORCE: '1' };
  if (values.WALL === 'except' && !wallOf(entry)?.length) {
    throw new RefusedError(`the registry leaves nothing of ${name} out of its wall`, {
      hint: `wall: { except: ['schema.table'] } in the entry ${name} of env/environments.ts, or all of it: ${command('db-drop-wall-env', given)}`,
    });
  }
  // The guard gives each of its tasks FORCE.
  if (entry.protected) return;
  const { wall, anchor } = await readStanding(run);
  if (!wall.database && !wall.made && (anchor?.held ?? []).length === 0) return;
  const assistant = await assistantHere();
  if (assistant !== undefined) {
    throw new RefusedError(`${assistant} runs this command, and the wall of ${name} stands`, {
      hint: 'ask the person, who decides and types it in a terminal of their own',
    });
  }
  if ((values as { readonly FORCE?: boolean }).FORCE === true) return;
  throw new RefusedError(`the wall of ${name} stands, and is taken down with FORCE=1 only`, {
    hint: command('db-drop-wall-env', given),
  });
}

/**
 * `db-drop-wall-env`: takes the wall down. `up` and the next migration put it up again, unless the registry has none. With
 * WALL=except, only where the registry leaves tables out.
 */
export async function dropWall(run: DropWall): Promise<void> {
  const { stack, environment, actor, terminal, command, values } = run;
  const { name } = stack.database;
  const except = wallOf(environment.entry);
  if (values.WALL === 'except') return leaveOut(run, except!);
  await actor.act(`# takes down the wall of ${name}`, async () => {
    await stack.withClient(name, takeDownWall);
    await stack.anchor?.letGo();
  });
  if (actor.dryRun) return;
  if (except === undefined) return terminal.ok(`${environment.name}: the wall of ${name} is down`);
  terminal.ok(
    `${environment.name}: the wall of ${name} is down, until the next up or migration (wall: false in env/environments.ts: for good)`,
  );
  terminal.next(command('db-wall-env', { ENV: environment.name, WALL: 'up' }));
}

async function leaveOut(
  { stack, environment, actor, terminal }: DropWall,
  except: readonly string[],
): Promise<void> {
  const { name } = stack.database;
  const what = `the wall of ${name} leaves out ${except.join(', ')}`;
  await actor.act(`# ${what}`, async () => {
    const { schemas } = await stack.withClient(name, (client) => putUpWall(client, except));
    if (schemas !== undefined) throw new FailedError(`the wall of ${name} stands as before: ${schemas}`);
  });
  if (!actor.dryRun) terminal.ok(`${environment.name}: ${what}`);
}
