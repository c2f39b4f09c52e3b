import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { databaseOnly, type Service } from '../helpers/compose-files.ts';
import { asker, startDatabase, type Asker } from '../helpers/database.ts';
import { docker, must, run, type Ran } from '../helpers/processes.ts';
import { useScratch, type ExtraEnvironment } from '../helpers/scratch.ts';

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

/** Environments of their own, so that they can be reset at the same time: `bind_stopped` keeps data as `bind`. */
const environments: Record<string, ExtraEnvironment> = {};

function environment(kind: keyof typeof STORAGE, state?: State): string {
  const name = state === undefined ? kind : `${kind}_${state}`;
  const volumes = kind === 'external' ? { data: { external: true, name: '${PLACE}' } } : { data: {} };
  environments[name] = { compose: databaseOnly({ db: STORAGE[kind], volumes }), env: { PLACE: name } };
  return name;
}

describe.skipIf(inject('noEngine') !== '').concurrent('db-reset-volume-env', () => {
  const scratch = useScratch({ environments });
  const db = (name: string): Asker => asker(scratch, name, 'app', 'core');
  const reset = (name: string): Promise<Ran> => scratch.runTask(`db-reset-volume-env ENV=${name} WAIT=0`);

  async function bringTo(state: State, name: string): Promise<void> {
    if (state === 'stopped') await scratch.compose(name, 'stop');
    if (state === 'gone') await scratch.compose(name, 'down');
  }

  async function fill(name: string): Promise<void> {
    await startDatabase(scratch, name);
    await db(name).sql('CREATE TABLE kept AS SELECT 42 AS x');
  }

  async function expectReset(name: string, storage: string): Promise<void> {
    const { status, stderr } = await reset(name);
    expect(stderr).toContain(storage);
    expect(stderr).toContain('[ok]');
    expect(status).toBe(0);
    expect(await scratch.container(name)).toBe('');
  }

  async function expectEmptyAfterStart(name: string): Promise<void> {
    await startDatabase(scratch, name);
    expect(await db(name).sql(`SELECT to_regclass('kept') IS NULL`)).toBe('t');
  }

  /** Refused whatever the container's state, and nothing is touched. */
  async function expectRefused(name: string, reason: string): Promise<void> {
    for (const state of STATES) {
      await bringTo(state, name);
      const before = await scratch.container(name);
      const { status, stderr } = await reset(name);
      expect(stderr, state).toContain(reason);
      expect(stderr, state).toContain(`make db-reset-db-env ENV=${name}`);
      expect(status, state).toBe(77);
      expect(await scratch.container(name), state).toBe(before);
    }
    await startDatabase(scratch, name);
    expect(await db(name).sql('SELECT x FROM kept')).toBe('42');
  }

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
      await fill(named);
      await bringTo(state, named);
      const volume = `${scratch.project(named)}_data`;
      expect(await volumeExists(volume)).toBe(true);
      await expectReset(named, `volume ${volume}`);
      expect(await volumeExists(volume)).toBe(false);
    });

    const bind = environment('bind', state);
    test(`empties a bind mount inside the project, container ${state}`, async () => {
      await fill(bind);
      await bringTo(state, bind);
      const folder = scratch.path('data', bind);
      expect(await contents(folder)).toContain('PG_VERSION');
      await expectReset(bind, `folder ${folder}`);
      expect(await contents(folder)).toBe('');
    });
  }

  for (const state of ['running', 'stopped'] as const) {
    const anonymous = environment('anonymous', state);
    test(`removes an anonymous volume, container ${state}`, async () => {
      await fill(anonymous);
      await bringTo(state, anonymous);
      const id = await scratch.container(anonymous);
      const volume = await docker('inspect', '--format', '{{(index .Mounts 0).Name}}', id);
      expect(await volumeExists(volume)).toBe(true);
      await expectReset(anonymous, `anonymous volume ${volume}`);
      expect(await volumeExists(volume)).toBe(false);
    });
  }

  const layer = environment('layer');
  test("removes data in the container's own layer", async () => {
    await fill(layer);
    await expectReset(layer, "the container's own layer");
    await expectEmptyAfterStart(layer);
  });

  const folder = environment('bind_below');
  test('empties PGDATA in a folder of a bind mount and leaves its neighbours', async () => {
    scratch.write(`data/${folder}/neighbour`, 'stays');
    await fill(folder);
    await bringTo('stopped', folder);
    const mounted = scratch.path('data', folder);
    await expectReset(folder, `folder ${mounted}/pgdata`);
    expect(await contents(mounted)).toBe('neighbour\npgdata');
    expect(await contents(join(mounted, 'pgdata'))).toBe('');
  });

  const of18 = environment('of_18');
  test('empties PGDATA where the image of PostgreSQL 18 has it, also when no container exists', async () => {
    const image = `${scratch.prefix}-postgres-18`;
    scratch.write(`env/.env.${of18}`, `${scratch.read(`env/.env.${of18}`)}PLACE=${image}\n`);
    const place = '/var/lib/postgresql/18/docker';
    const dockerfile = `FROM postgres:17\nENV PGDATA=${place}\nVOLUME /var/lib/postgresql\n`;
    await must(['docker', 'build', '--quiet', '--tag', image, '-'], { input: dockerfile });
    const mounted = scratch.path('data', of18);
    for (const state of ['running', 'gone'] as const) {
      await fill(of18);
      expect(await contents(join(mounted, '18/docker'))).toContain('PG_VERSION');
      await bringTo(state, of18);
      await expectReset(of18, `folder ${mounted}/18/docker`);
      expect(await contents(join(mounted, '18/docker')), state).toBe('');
    }
  });

  const below = environment('named_below');
  test('removes a named volume that holds PGDATA in a folder', async () => {
    await fill(below);
    const volume = `${scratch.project(below)}_data`;
    await expectReset(below, `volume ${volume}`);
    expect(await volumeExists(volume)).toBe(false);
  });

  for (const kind of ['tmpfs', 'tmpfs_long'] as const) {
    const memory = environment(kind);
    test(`removes data in memory (${kind === 'tmpfs' ? 'tmpfs:' : 'volumes: type: tmpfs'})`, async () => {
      await fill(memory);
      await expectReset(memory, 'memory (tmpfs)');
      await expectEmptyAfterStart(memory);
    });
  }

  const external = environment('external');
  test('refuses an external volume and leaves it as it is', async () => {
    const volume = `${scratch.prefix}-external`;
    scratch.write(`env/.env.${external}`, `${scratch.read(`env/.env.${external}`)}PLACE=${volume}\n`);
    await docker('volume', 'create', volume);
    await fill(external);
    await expectRefused(external, `external volume ${volume}`);
  });

  const outside = environment('outside');
  test('refuses a bind mount outside of the project and leaves it as it is', async () => {
    await fill(outside);
    await expectRefused(outside, `${join(scratch.outside, outside)}, which is outside this project`);
  });

  const link = environment('link');
  test('refuses a link in the project that leads outside and leaves it as it is', async () => {
    mkdirSync(scratch.path('data'), { recursive: true });
    mkdirSync(join(scratch.outside, 'behind'));
    symlinkSync(join(scratch.outside, 'behind'), scratch.path('data', link));
    await fill(link);
    await expectRefused(link, 'outside this project');
  });

  const foreign = environment('foreign');
  test('refuses a folder that holds files but no PG_VERSION and leaves it as it is', async () => {
    scratch.write(`data/${foreign}/thesis.txt`, 'years of work');
    const { status, stderr } = await reset(foreign);
    expect(stderr).toContain(`${scratch.path('data', foreign)} holds files but no PG_VERSION`);
    expect(status).toBe(77);
    expect(scratch.read(`data/${foreign}/thesis.txt`)).toBe('years of work');
  });

  const held = environment('named');
  test('refuses while a container of another project holds the volume', async () => {
    await fill(held);
    const volume = `${scratch.project(held)}_data`;
    const holder = `${scratch.prefix}-holder`;
    await docker(
      ...['run', '--detach', '--init', '--name', holder, '--volume', `${volume}:/held`],
      ...['--entrypoint', 'sleep', 'postgres:17', 'infinity'],
    );
    const { status, stderr } = await reset(held);
    expect(stderr).toContain(`the storage is also mounted by ${holder} (no compose project)`);
    expect(stderr).not.toContain('[ok]');
    expect(status).toBe(77);
    expect(await volumeExists(volume)).toBe(true);
    await docker('rm', '--force', '--volumes', holder);
    await expectReset(held, `volume ${volume}`);
    expect(await volumeExists(volume)).toBe(false);
  });
});
