import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { registry } from './registry.ts';
import { homeOf, start as startServer } from '../../lib/stack/embedded/server.ts';
import { databaseOnly } from './compose-files.ts';
import { asker, clientAsker, startDatabase, type Asker } from './database.ts';
import { EmbeddedScratch, localAsker, processesOf } from './embedded.ts';
import { makeOld, type World } from './fault-subjects.ts';
import { docker } from './processes.ts';
import { freePort } from './free-port.ts';
import { Scratch } from './scratch.ts';
import { makeSmallDisk } from './small-disk.ts';

export interface Disposable {
  /** A dump with a table of 500 rows; resolves to its path. */
  readonly makeDump: () => Promise<string>;
  readonly dispose: () => Promise<void>;
}

/** Sessions of child processes; the task's own are makesafe's without a word behind it. */
const OTHERS = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
    AND (application_name NOT LIKE 'makesafe%' OR application_name LIKE 'makesafe pg_dump%')`;
const SESSIONS = `SELECT count(*) FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`;

/** Polls until no session but the asking one is left, and the server answers; starts it where it has given up. */
async function quiet({ sql }: Asker, start: () => Promise<void>, seconds = 60): Promise<void> {
  let last: unknown;
  for (const deadline = performance.now() + seconds * 1000; performance.now() < deadline; await sleep(20)) {
    try {
      last = await sql(SESSIONS, 'postgres');
      if (last === '0') return;
    } catch (error) {
      last = error;
      await start();
    }
  }
  throw new Error(`the server is not quiet: ${String(last)}`);
}

/** Ends the first session of a child process that comes. */
function cutting({ sql }: Asker): () => Promise<boolean> {
  let stopped = false;
  const cut = async (): Promise<boolean> => {
    while (!stopped) {
      if ((await sql(OTHERS, 'postgres').catch(() => '0')) !== '0') return true;
      await sleep(5);
    }
    return false;
  };
  const done = cut();
  return () => {
    stopped = true;
    return done;
  };
}

/** What belongs to the database itself comes back with its backup: it is taken with that of the old state. */
async function dumpOf(world: World): Promise<string> {
  const { db, scratch, environment } = world;
  await makeOld(world);
  await db.sql(
    'DROP TABLE kept; CREATE TABLE restored AS SELECT n, repeat(md5(n::text), 20) AS t FROM generate_series(1, 500) n',
  );
  const { stdout } = await scratch.mustTask(`backup ENV=${environment} BACKUP_DIR=source`);
  await db.sql('DROP TABLE restored');
  return stdout.trim();
}

interface WorldOptions {
  /** The sample's other environments stay in the registry, and the guard looks at each of them, as people have it. */
  readonly neighbours?: boolean;
}

export async function embeddedWorld({ neighbours = false }: WorldOptions = {}): Promise<World & Disposable> {
  const scratch = new EmbeddedScratch({
    engine: false,
    ...(neighbours ? { only: Object.keys(registry.environments) } : {}),
  });
  await scratch.make();
  const environment = 'local_demo';
  const home = homeOf(scratch.root, environment);
  const folder = scratch.path('backups');
  const disks = [makeSmallDisk(home.folder, 300), makeSmallDisk(folder, 20)].flatMap((disk) => disk ?? []);
  await scratch.mustTask(`up ENV=${environment}`);
  const db = localAsker(scratch, environment);
  const start = async (): Promise<void> => {
    if (!existsSync(home.data)) await scratch.mustTask(`up ENV=${environment}`);
    else await startServer(home, []);
  };
  const world: World = {
    ...{ scratch, environment, db, database: 'core_demo', folder, start },
    ...{ port: () => scratch.server(environment).port, hba: join(home.data, 'pg_hba.conf') },
    settle: () => quiet(db, start),
    restartServer: async () => {
      await scratch.killServer(environment);
      await start();
    },
    fillDisk: filling(disks),
    cutSession: () => cutting(db),
    storage: () => {
      if (existsSync(join(home.folder, 'data.old'))) return Promise.resolve({ between: 'data.old' });
      return Promise.resolve(existsSync(home.data) ? 'old' : 'new');
    },
  };
  return {
    ...world,
    makeDump: () => dumpOf(world),
    dispose: async () => {
      await scratch.mustTask(`down ENV=${environment}`).catch(() => {});
      disks.forEach((disk) => disk.remove());
      await scratch.dispose();
    },
  };
}

const filling = (disks: ReturnType<typeof makeSmallDisk>[]): World['fillDisk'] => {
  const [first, second] = disks;
  if (!first || !second) return undefined;
  return () => {
    const makeRoom = [first, second].map((disk) => disk.fill());
    return () => makeRoom.forEach((back) => back());
  };
};

/** The database's port is published for the test's own questions: they take a tenth of the time of `docker exec`. */
export async function composeWorld({
  disk = false,
  application = false,
  neighbours = false,
  inside = false,
}: WorldOptions & {
  /** The test's own questions go through docker as well: a port of another machine's cannot be reached. */
  readonly inside?: boolean;
  /** Data in a folder on a small disk, instead of a named volume. */
  readonly disk?: boolean;
  /** A service beside the database that has Alembic. */
  readonly application?: boolean;
} = {}): Promise<World & Disposable> {
  const environment = 'one';
  const port = await freePort();
  const data = disk ? '../data/pg' : 'data';
  const sections = {
    ...(disk ? {} : { volumes: { data: {} } }),
    db: {
      volumes: [`${data}:/var/lib/postgresql/data`],
      ...(inside ? {} : { ports: [`127.0.0.1:${port}:5432`] }),
    },
  };
  const compose = databaseOnly(sections) as { services: Record<string, object> };
  if (application) compose.services['core_api'] = APPLICATION;
  const scratch = new Scratch({ ...(neighbours ? {} : { only: [] }), environments: { one: { compose } } });
  await scratch.make();
  const folder = scratch.path('backups');
  const disks = disk ? [makeSmallDisk(scratch.path('data'), 300), makeSmallDisk(folder, 20)] : [];
  const start = (): Promise<void> => startDatabase(scratch, environment);
  await start();
  const outside = clientAsker(async (database) => {
    const login = { user: 'app', password: 'simple', host: '127.0.0.1', port, database };
    const types = { getTypeParser: () => (value: unknown) => value };
    const client = new pg.Client({ ...login, types, connectionTimeoutMillis: 20_000 });
    client.on('error', () => {});
    await client.connect();
    return client;
  }, 'core');
  const db = inside ? asker(scratch, environment, 'app', 'core') : outside;
  const volume = `${scratch.project(environment)}_data`;
  const world: World = {
    ...{ scratch, environment, db, database: 'core', folder, start },
    ...{ port: () => port, hba: scratch.path('data/pg/pg_hba.conf') },
    settle: async () => {
      // What a killed task has started goes on: compose takes containers down and up.
      while (processesOf(scratch.outside).length > 0) await sleep(20);
      await quiet(db, start);
    },
    restartServer: async () => {
      await docker('restart', '--time', '0', await scratch.container(environment));
    },
    fillDisk: filling(disks),
    cutSession: () => cutting(db),
    storage: async () => {
      if (disk) return readdirSync(scratch.path('data/pg')).length > 0 ? 'old' : 'new';
      return (await docker('volume', 'ls', '--quiet', '--filter', `name=${volume}`)) === '' ? 'new' : 'old';
    },
  };
  return {
    ...world,
    makeDump: () => dumpOf(world),
    dispose: async () => {
      await scratch.compose(environment, 'down', '--volumes', '--timeout', '0').catch(() => {});
      if (disk) rmSync(scratch.path('data/pg'), { recursive: true, force: true });
      disks.forEach((one) => one?.remove());
      await scratch.dispose();
    },
  };
}

/** As in the sample's own compose files. */
const APPLICATION = {
  build: { context: '../app/backend/core_api' },
  init: true,
  environment: {
    POSTGRES_HOST: 'db',
    POSTGRES_PORT: '5432',
    ...Object.fromEntries(
      ['POSTGRES_USER', 'POSTGRES_PASSWORD', 'POSTGRES_DB'].map((name) => [name, `\${${name}}`]),
    ),
  },
};
