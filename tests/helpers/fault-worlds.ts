import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { databaseOnly } from './compose-files.ts';
import { asker, serverAnswers, startDatabase, type Asker } from './database.ts';
import { EmbeddedScratch, localAsker } from './embedded.ts';
import type { World } from './fault-subjects.ts';
import { docker } from './processes.ts';
import { Scratch } from './scratch.ts';

export interface Disposable {
  /** Where backups go: on the small disk, where there is one. */
  readonly folder: () => Promise<string>;
  /** A dump with a table of 500 rows; resolves to its path. */
  readonly makeDump: () => Promise<string>;
  readonly dispose: () => Promise<void>;
}

const OTHERS = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND application_name <> 'makesafe' AND pid <> pg_backend_pid()`;
const OURS = `SELECT count(*) FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`;

/** A disk of its own, too small to be filled for long; only root may make one. */
function smallDisk(folder: string, megabytes: number): boolean {
  mkdirSync(folder, { recursive: true });
  const { status } = spawnSync('mount', [
    '-t',
    'tmpfs',
    '-o',
    `size=${megabytes}m,mode=0777`,
    'tmpfs',
    folder,
  ]);
  return status === 0;
}

function fill(folder: string): () => void {
  const file = `${folder}/filler`;
  const { bavail, bsize } = statfsSync(folder);
  spawnSync('dd', [
    'if=/dev/zero',
    `of=${file}`,
    'bs=64k',
    `count=${Math.ceil((bavail * bsize) / 65536) + 1}`,
  ]);
  return () => rmSync(file, { force: true });
}

/** Polls until no session but the asking one is left, and the server answers. */
async function quiet({ sql }: Asker, seconds = 40): Promise<void> {
  let last: unknown;
  for (const deadline = performance.now() + seconds * 1000; performance.now() < deadline; await sleep(30)) {
    try {
      last = await sql(OURS, 'postgres');
      if (last === '0') return;
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`the server is not quiet: ${String(last)}`);
}

/** Cuts what child processes have to do with the server, as it comes. */
function cutting({ sql }: Asker): () => Promise<void> {
  let stopped = false;
  const cut = async (): Promise<void> => {
    while (!stopped) {
      await sql(OTHERS, 'postgres').catch(() => {});
      await sleep(20);
    }
  };
  const done = cut();
  return () => {
    stopped = true;
    return done;
  };
}

async function dumpOf(world: World): Promise<string> {
  const { db, scratch, environment } = world;
  await db.sql(
    'CREATE TABLE restored AS SELECT n, repeat(md5(n::text), 20) AS t FROM generate_series(1, 500) n',
  );
  const { stdout } = await scratch.mustTask(`backup ENV=${environment} BACKUP_DIR=source`);
  await db.sql('DROP TABLE restored');
  return stdout.trim();
}

export async function embeddedWorld(): Promise<World & Disposable> {
  const scratch = new EmbeddedScratch({});
  await scratch.make();
  const environment = 'local_demo';
  const home = scratch.path('.embedded', environment);
  const backups = scratch.path('backups');
  const hasDisk = smallDisk(home, 400) && smallDisk(backups, 20);
  await scratch.mustTask(`up ENV=${environment}`);
  const db = localAsker(scratch, environment);
  const up = async (): Promise<void> => void (await scratch.mustTask(`up ENV=${environment}`));
  const world: World = {
    ...{ scratch, environment, db, database: 'core_demo' },
    settle: async () => {
      if (existsSync(scratch.data()) && !(await db.sql('SELECT 1', 'postgres').catch(() => undefined)))
        await up();
      if (existsSync(scratch.data())) await quiet(db);
    },
    restartServer: async () => {
      await scratch.killServer(environment);
      await up();
    },
    fillDisk: hasDisk
      ? () => {
          const disks = [home, backups].map(fill);
          return Promise.resolve(() => Promise.resolve(disks.forEach((makeRoom) => makeRoom())));
        }
      : undefined,
    cutSessions: () => cutting(db),
    storage: () => {
      if (existsSync(`${home}/data.old`)) return Promise.resolve({ between: 'data.old' });
      return Promise.resolve(existsSync(scratch.data()) ? 'old' : 'new');
    },
  };
  return {
    ...world,
    folder: () => Promise.resolve(backups),
    makeDump: () => dumpOf(world),
    dispose: async () => {
      await scratch.mustTask(`down ENV=${environment}`).catch(() => {});
      if (hasDisk) spawnSync('umount', ['-l', home, backups]);
      await scratch.dispose();
    },
  };
}

export async function composeWorld(): Promise<World & Disposable> {
  const environment = 'one';
  const scratch = new Scratch({
    environments: {
      one: {
        compose: databaseOnly({ db: { volumes: ['data:/var/lib/postgresql/data'] }, volumes: { data: {} } }),
      },
    },
  });
  await scratch.make();
  await startDatabase(scratch, environment);
  const db = asker(scratch, environment, 'app', 'core');
  const volume = `${scratch.project(environment)}_data`;
  const exists = async (): Promise<boolean> =>
    (await docker('volume', 'ls', '--quiet', '--filter', `name=${volume}`)) !== '';
  const world: World = {
    ...{ scratch, environment, db, database: 'core' },
    settle: async () => {
      if ((await scratch.container(environment)) !== '') await quiet(db);
    },
    restartServer: async () => {
      const id = await scratch.container(environment);
      await docker('restart', '--time', '0', id);
      await serverAnswers(id);
    },
    fillDisk: undefined,
    cutSessions: () => cutting(db),
    storage: async () => ((await exists()) ? 'old' : 'new'),
  };
  return {
    ...world,
    folder: () => Promise.resolve(scratch.path('backups')),
    makeDump: () => dumpOf(world),
    dispose: () => scratch.dispose(),
  };
}
