import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { databaseOnly, type Service } from '../helpers/compose-files.ts';
import { asker, startDatabase } from '../helpers/database.ts';
import { docker, must, run, start, succeeded, type Ran } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

const DATA = '/var/lib/postgresql/data';
const BELOW = { environment: { PGDATA: `${DATA}/pgdata` } };

/** The ways to keep data, as a database service states them. */
const STORAGE = {
  named: { volumes: [`data:${DATA}`] },
  named_below: { volumes: [`data:${DATA}`], ...BELOW },
  anonymous: { volumes: [DATA] },
  bind: { volumes: [`../data/\${PLACE}:${DATA}`] },
  bind_below: { volumes: [`../data/\${PLACE}:${DATA}`], ...BELOW },
  tmpfs: { tmpfs: [DATA] },
  tmpfs_long: { volumes: [{ type: 'tmpfs', target: DATA }] },
  layer: { environment: { PGDATA: '/somewhere/else' } },
  external: { volumes: [`data:${DATA}`] },
  outside: { volumes: [`../../\${PLACE}:${DATA}`] },
  link: { volumes: [`../data/\${PLACE}:${DATA}`] },
  of_18: { image: '${PLACE}', volumes: ['../data/of_18:/var/lib/postgresql'] },
  foreign: { volumes: [`../data/\${PLACE}:${DATA}`] },
} satisfies Record<string, Service>;

type State = 'running' | 'stopped' | 'gone';
const STATES: State[] = ['running', 'stopped', 'gone'];

/** An environment in a copy of its own, so that they can be reset at the same time: `bind_stopped` keeps data as `bind`. */
function environment(kind: keyof typeof STORAGE, state?: State) {
  const name = state === undefined ? kind : `${kind}_${state}`;
  const volumes = kind === 'external' ? { data: { external: true, name: '${PLACE}' } } : { data: {} };
  const compose = databaseOnly({ db: STORAGE[kind], volumes });
  const scratch = useScratch({ only: [], environments: { [name]: { compose, env: { PLACE: name } } } });
  const { sql } = asker(scratch, name, 'app', 'core');
  const start = (): Promise<void> => startDatabase(scratch, name);
  const reset = (): Promise<Ran> => scratch.runTask(`db-reset-volume-env ENV=${name} WAIT=0`);
  const bringTo = async (next: State): Promise<void> => {
    if (next === 'stopped') await scratch.compose(name, 'stop');
    if (next === 'gone') await scratch.compose(name, 'down');
  };
  return {
    ...{ name, scratch, reset, bringTo },
    volume: (): string => `${scratch.project(name)}_data`,
    container: (): Promise<string> => scratch.container(name),
    /** The folder of the project that is mounted. */
    folder: (): string => scratch.path('data', name),
    variable: (line: string): void =>
      scratch.write(`env/.env.${name}`, `${scratch.read(`env/.env.${name}`)}${line}\n`),

    async fill(): Promise<void> {
      await start();
      await sql('CREATE TABLE kept AS SELECT 42 AS x');
    },

    async expectReset(storage: string): Promise<void> {
      const { status, stderr } = await reset();
      expect(stderr).toContain(storage);
      expect(stderr).toContain('[ok]');
      expect(status).toBe(0);
      expect(await scratch.container(name)).toBe('');
    },

    async expectEmptyAfterStart(): Promise<void> {
      await start();
      expect(await sql(`SELECT to_regclass('kept') IS NULL`)).toBe('t');
    },

    /** Refused whatever the container's state, and nothing is touched. */
    async expectRefused(reason: string): Promise<void> {
      for (const next of STATES) {
        await bringTo(next);
        const before = await scratch.container(name);
        const { status, stderr } = await reset();
        expect(stderr, next).toContain(reason);
        expect(stderr, next).toContain(`make db-reset-db-env ENV=${name}`);
        expect(status, next).toBe(77);
        expect(await scratch.container(name), next).toBe(before);
      }
      await start();
      expect(await sql('SELECT x FROM kept')).toBe('42');
    },
  };
}

describe.skipIf(inject('noEngine') !== '').concurrent('db-reset-volume-env', () => {
  const volumeExists = async (volume: string): Promise<boolean> =>
    (await run(['docker', 'volume', 'inspect', volume])).status === 0;

  /** What a folder of the engine's host holds, whoever owns it. */
  const contents = (folder: string): Promise<string> =>
    docker(
      ...['run', '--rm', '--network', 'none', '--user', '0:0', '--entrypoint', 'ls'],
      ...['--mount', `type=bind,source=${folder},target=/folder`, 'postgres:17', '-A', '/folder'],
    );

  for (const state of STATES) {
    const named = environment('named', state);
    test(`removes a named volume, container ${state}`, async () => {
      await named.fill();
      await named.bringTo(state);
      const volume = named.volume();
      expect(await volumeExists(volume)).toBe(true);
      await named.expectReset(`volume ${volume}`);
      expect(await volumeExists(volume)).toBe(false);
    });

    const bind = environment('bind', state);
    test(`empties a bind mount inside the project, container ${state}`, async () => {
      await bind.fill();
      await bind.bringTo(state);
      const folder = bind.folder();
      expect(await contents(folder)).toContain('PG_VERSION');
      await bind.expectReset(`folder ${folder}`);
      expect(await contents(folder)).toBe('');
    });
  }

  for (const state of ['running', 'stopped'] as const) {
    const anonymous = environment('anonymous', state);
    test(`removes an anonymous volume, container ${state}`, async () => {
      await anonymous.fill();
      await anonymous.bringTo(state);
      const id = await anonymous.container();
      const volume = await docker('inspect', '--format', '{{(index .Mounts 0).Name}}', id);
      expect(await volumeExists(volume)).toBe(true);
      await anonymous.expectReset(`anonymous volume ${volume}`);
      expect(await volumeExists(volume)).toBe(false);
    });
  }

  const layer = environment('layer');
  test("removes data in the container's own layer", async () => {
    await layer.fill();
    await layer.expectReset("the container's own layer");
    await layer.expectEmptyAfterStart();
  });

  const folder = environment('bind_below');
  test('empties PGDATA in a folder of a bind mount and leaves its neighbours', async () => {
    folder.scratch.write(`data/${folder.name}/neighbour`, 'stays');
    await folder.fill();
    await folder.bringTo('stopped');
    const mounted = folder.folder();
    await folder.expectReset(`folder ${mounted}/pgdata`);
    expect(await contents(mounted)).toBe('neighbour\npgdata');
    expect(await contents(join(mounted, 'pgdata'))).toBe('');
  });

  const of18 = environment('of_18');
  test('empties PGDATA where the image of PostgreSQL 18 has it, also when no container exists', async () => {
    const image = `${of18.scratch.prefix}-postgres-18`;
    of18.variable(`PLACE=${image}`);
    const place = '/var/lib/postgresql/18/docker';
    const dockerfile = `FROM postgres:17\nENV PGDATA=${place}\nVOLUME /var/lib/postgresql\n`;
    await must(['docker', 'build', '--quiet', '--tag', image, '-'], { input: dockerfile });
    const mounted = of18.folder();
    for (const state of ['running', 'gone'] as const) {
      await of18.fill();
      expect(await contents(join(mounted, '18/docker'))).toContain('PG_VERSION');
      await of18.bringTo(state);
      await of18.expectReset(`folder ${mounted}/18/docker`);
      expect(await contents(join(mounted, '18/docker')), state).toBe('');
    }
  });

  const below = environment('named_below');
  test('removes a named volume that holds PGDATA in a folder', async () => {
    await below.fill();
    const volume = below.volume();
    await below.expectReset(`volume ${volume}`);
    expect(await volumeExists(volume)).toBe(false);
  });

  for (const kind of ['tmpfs', 'tmpfs_long'] as const) {
    const memory = environment(kind);
    test(`removes data in memory (${kind === 'tmpfs' ? 'tmpfs:' : 'volumes: type: tmpfs'})`, async () => {
      await memory.fill();
      await memory.expectReset('memory (tmpfs)');
      await memory.expectEmptyAfterStart();
    });
  }

  const command = ['postgres', '-c', 'log_disconnections=on', '-c', 'log_line_prefix=%a: '];
  const alone = databaseOnly({ db: { command } }) as { services: object };
  const application = {
    image: 'postgres:17',
    init: true,
    command: ['sleep', 'infinity'],
    depends_on: ['db'],
  };
  for (const [title, compose] of [
    ['alone', alone],
    ['that an application needs', { services: { ...alone.services, application } }],
  ] as const) {
    const scratch = useScratch({ only: [], environments: { asked: { compose } } });
    test(`ends its own sessions before a server ${title} is stopped, which would wait for them`, async () => {
      await startDatabase(scratch, 'asked');
      const log = start(['docker', 'logs', '--follow', await scratch.container('asked')]);
      succeeded(await scratch.runTask('db-reset-volume-env ENV=asked WAIT=0'));
      const { stderr } = await log.ended;
      // The first server is the one that the image makes the database with.
      const [before, after] = stderr
        .split(/ready to accept connections|received fast shutdown request/)
        .slice(-2);
      // One with the lock, and each that looked.
      expect(before!.match(/^makesafe.* disconnection: /gm)!.length).toBeGreaterThanOrEqual(2);
      expect(after).toContain('database system is shut down');
      expect(after).not.toMatch(/disconnection: |terminating connection/);
    });
  }

  const external = environment('external');
  test('refuses an external volume and leaves it as it is', async () => {
    const volume = `${external.scratch.prefix}-external`;
    external.variable(`PLACE=${volume}`);
    await docker('volume', 'create', volume);
    await external.fill();
    await external.expectRefused(`external volume ${volume}`);
  });

  const outside = environment('outside');
  test('refuses a bind mount outside of the project and leaves it as it is', async () => {
    await outside.fill();
    await outside.expectRefused(
      `${join(outside.scratch.outside, outside.name)}, which is outside this project`,
    );
  });

  const link = environment('link');
  test('refuses a link in the project that leads outside and leaves it as it is', async () => {
    const behind = join(link.scratch.outside, 'behind');
    mkdirSync(link.scratch.path('data'), { recursive: true });
    mkdirSync(behind);
    symlinkSync(behind, link.folder());
    await link.fill();
    await link.expectRefused('outside this project');
  });

  const foreign = environment('foreign');
  test('refuses a folder that holds files but no PG_VERSION and leaves it as it is', async () => {
    foreign.scratch.write(`data/${foreign.name}/thesis.txt`, 'years of work');
    const { status, stderr } = await foreign.reset();
    expect(stderr).toContain(`${foreign.folder()} holds files but no PG_VERSION`);
    expect(status).toBe(77);
    expect(foreign.scratch.read(`data/${foreign.name}/thesis.txt`)).toBe('years of work');
  });

  const held = environment('named');
  test('refuses while a container of another project holds the volume', async () => {
    await held.fill();
    const volume = held.volume();
    const holder = `${held.scratch.prefix}-holder`;
    await docker(
      ...['run', '--detach', '--init', '--name', holder, '--volume', `${volume}:/held`],
      ...['--entrypoint', 'sleep', 'postgres:17', 'infinity'],
    );
    const { status, stderr } = await held.reset();
    expect(stderr).toContain(`the storage is also mounted by ${holder} (no compose project)`);
    expect(stderr).not.toContain('[ok]');
    expect(status).toBe(77);
    expect(await volumeExists(volume)).toBe(true);
    await docker('rm', '--force', '--volumes', holder);
    await held.expectReset(`volume ${volume}`);
    expect(await volumeExists(volume)).toBe(false);
  });
});
