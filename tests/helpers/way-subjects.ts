import type { Subject } from './fault-runs.ts';
import * as subjects from './fault-subjects.ts';
import type { World } from './fault-subjects.ts';
import type { Disposable } from './fault-worlds.ts';
import type { State } from './faults.ts';
import { docker } from './processes.ts';

const containers = async ({ scratch, environment }: World, ...filters: string[]): Promise<number> => {
  const label = `label=com.docker.compose.project=${scratch.project(environment)}`;
  const given = [label, ...filters].flatMap((filter) => ['--filter', filter]);
  return (await docker('ps', '--all', '--quiet', ...given)).split('\n').filter(Boolean).length;
};

const stop = ({ scratch, environment }: World): Promise<string> =>
  scratch.compose(environment, 'down', '--timeout', '2');

/** The rows are there once it runs, and it runs or does not. */
async function looked(world: World, whole: Subject, running: State, stopped: State): Promise<State> {
  const isUp = (await containers(world, 'status=running')) > 0;
  await world.start();
  const state = await whole.inspect();
  if (state !== 'old') return { between: `the data: ${JSON.stringify(state)}` };
  if (!isUp) await stop(world);
  return isUp ? running : stopped;
}

function up(world: World): Subject {
  const whole = subjects.resetDatabase(world);
  return {
    ...world,
    command: `up ENV=${world.environment}`,
    prepare: async () => {
      await world.start();
      await whole.prepare();
      await stop(world);
    },
    settle: () => Promise.resolve(),
    inspect: () => looked(world, whole, 'new', 'old'),
  };
}

function down(world: World): Subject {
  const whole = subjects.resetDatabase(world);
  return {
    ...world,
    command: `down ENV=${world.environment}`,
    prepare: async () => {
      await world.start();
      await whole.prepare();
    },
    settle: () => Promise.resolve(),
    inspect: () => looked(world, whole, 'old', 'new'),
  };
}

/** From an old database to an empty one that is migrated to head. */
function rebuild(world: World, head: string): Subject {
  const old = subjects.resetDatabase(world);
  const migrated = subjects.migrate(world, head);
  return {
    ...world,
    command: `db-rebuild-env WAIT=0 ENV=${world.environment}`,
    prepare: async () => {
      await world.start();
      await migrated.prepare();
      await old.prepare();
    },
    settle: () => Promise.resolve(),
    inspect: async () => {
      if ((await world.storage()) !== 'old') return { between: 'no storage' };
      await world.start();
      const isOld = await world.db.sql(`SELECT to_regclass('kept') IS NOT NULL`);
      if (isOld === 't') return old.inspect();
      const state = await migrated.inspect();
      return state === 'old' ? { between: 'empty' } : state;
    },
  };
}

const HEAD = '20251211_140000000';

/** The commands that go the way to an engine, by name. */
export const WAY_SUBJECTS: Readonly<
  Record<string, (world: World & Disposable) => Subject | Promise<Subject>>
> = {
  up,
  down,
  backup: subjects.backup,
  restore: async (world) => subjects.restore(world, await world.makeDump()),
  'reset-db': subjects.resetDatabase,
  'reset-volume': subjects.resetVolume,
  rebuild: (world) => rebuild(world, HEAD),
};
