import { describe, expect, test } from 'vitest';
import type { Storage } from '../../lib/stack/stack.ts';
import type { ComposeConfig, ConfiguredService } from '../../lib/stack/compose/config/config.ts';
import {
  configuredPgdata,
  holds,
  pgdata,
  storageOfConfig,
  storageOfContainer,
} from '../../lib/stack/compose/containers/containers.ts';
import type { ActualVolume, Container } from '../../lib/stack/compose/containers/container.ts';

const PGDATA = '/var/lib/postgresql/data';
const ANONYMOUS = '5f'.repeat(32);

/** As `docker compose config` resolves it. */
const config = (service: ConfiguredService = {}): ComposeConfig => ({
  services: { db: service },
  volumes: {
    postgres_data: { name: 'vm_stg_postgres_data' },
    kept: { name: 'kept_by_hand', external: true },
    // A volume that is a folder: https://docs.docker.com/engine/storage/volumes/#create-a-volume-using-a-volume-driver
    folder: {
      name: 'vm_stg_folder',
      driver: 'local',
      driver_opts: { type: 'none', o: 'rw,bind', device: '/srv/pg' },
    },
    nfs: {
      name: 'vm_stg_nfs',
      driver_opts: { type: 'nfs', o: 'addr=10.0.0.7,rw', device: ':/export/pg' },
    },
    memory: { name: 'vm_stg_memory', driver_opts: { type: 'tmpfs', device: 'tmpfs' } },
    cloud: { name: 'vm_stg_cloud', driver: 'rexray' },
  },
});

describe('holds', () => {
  const mounts = (...destinations: string[]) => destinations.map((destination) => ({ destination }));

  test.each<[path: string, destinations: string[], expected: string | undefined]>([
    [PGDATA, [], undefined],
    [PGDATA, [PGDATA], PGDATA],
    [PGDATA, ['/var/lib/postgresql'], '/var/lib/postgresql'],
    [PGDATA, ['/'], '/'],
    [PGDATA, ['/var/lib/postgresql', PGDATA, '/var'], PGDATA],
    [PGDATA, ['/var', '/var/lib/postgresql', '/etc'], '/var/lib/postgresql'],
    // What is mounted below it holds a part of it only.
    [PGDATA, [`${PGDATA}/pg_wal`], undefined],
    [PGDATA, ['/var/lib/postgresql/data2', '/var/lib/postgres'], undefined],
    ['/var/lib/postgresql/18/docker', ['/var/lib/postgresql', PGDATA], '/var/lib/postgresql'],
    [PGDATA, ['/var/lib/postgresql/data/'], '/var/lib/postgresql/data/'],
    ['/data/..pg', ['/data'], '/data'],
  ])('%s in %j', (path, destinations, expected) => {
    expect(holds(path, mounts(...destinations))?.destination).toBe(expected);
  });
});

test.each<[env: string[] | null | undefined, expected: string]>([
  [undefined, PGDATA],
  [null, PGDATA],
  [[], PGDATA],
  [['PATH=/bin', 'PGDATA=/pg'], '/pg'],
  [['PGDATA='], PGDATA],
  [['PGDATA=', 'PGDATA=/of/the/image'], '/of/the/image'],
  [['XPGDATA=/no', 'PGDATA=/a=b'], '/a=b'],
])('PGDATA of %j', (env, expected) => {
  expect(pgdata(env)).toBe(expected);
});

test.each<[given: Record<string, string | null>, expected: string]>([
  [{}, '/var/lib/postgresql/18/docker'],
  [{ POSTGRES_DB: 'x', PGDATA: null }, '/var/lib/postgresql/18/docker'],
  [{ PGDATA: '/pg' }, '/pg'],
])('PGDATA of an image of PostgreSQL 18 that the compose file gives %j', (environment, expected) => {
  const image = ['PG_MAJOR=18', 'PGDATA=/var/lib/postgresql/18/docker'];
  expect(configuredPgdata(config({ environment }), 'db', image)).toBe(expected);
});

describe('storageOfContainer', () => {
  type Mount = Container['Mounts'][number];
  const volume = (Name: string, Destination = PGDATA): Mount => ({
    ...{ Type: 'volume', Name, Source: `/var/lib/docker/volumes/${Name}/_data`, Destination },
  });
  const bind = (Source: string, Destination = PGDATA): Mount => ({ Type: 'bind', Source, Destination });
  const container = (Mounts: Mount[], Tmpfs?: Record<string, string> | null): Container => ({
    Id: 'c',
    Image: 'sha256:i',
    State: { Status: 'running', ExitCode: 0 },
    RestartCount: 0,
    Config: { Env: [] },
    HostConfig: Tmpfs === undefined ? {} : { Tmpfs },
    Mounts,
  });

  test.each<[what: string, container: Container, data: string, expected: Storage]>([
    [
      'named volume',
      container([bind('/etc/x', '/x'), volume('vm_stg_postgres_data')]),
      PGDATA,
      { kind: 'volume', name: 'vm_stg_postgres_data', anonymous: false, external: false },
    ],
    [
      'anonymous volume',
      container([volume(ANONYMOUS)]),
      PGDATA,
      { kind: 'volume', name: ANONYMOUS, anonymous: true, external: false },
    ],
    [
      'external volume',
      container([volume('kept_by_hand')]),
      PGDATA,
      { kind: 'volume', name: 'kept_by_hand', anonymous: false, external: true },
    ],
    // `down -v` removes the volume, and the folder stays as it is.
    [
      'volume that is a folder',
      container([volume('vm_stg_folder')]),
      `${PGDATA}/pg`,
      { kind: 'bind', source: '/srv/pg', data: 'pg' },
    ],
    ['bind mount', container([bind('/p/data')]), PGDATA, { kind: 'bind', source: '/p/data', data: '' }],
    [
      'data directory below a bind mount',
      container([bind('/p/data', '/var/lib/postgresql')]),
      '/var/lib/postgresql/18/docker',
      { kind: 'bind', source: '/p/data', data: '18/docker' },
    ],
    // The official image declares a volume for its default place; PGDATA may be elsewhere.
    [
      'bind mount beside an unused volume',
      container([volume(ANONYMOUS), bind('/p/data', '/pg')]),
      '/pg/main',
      { kind: 'bind', source: '/p/data', data: 'main' },
    ],
    ['volume for another folder', container([volume(ANONYMOUS)]), '/pg', { kind: 'container' }],
    ['no mount', container([]), PGDATA, { kind: 'container' }],
    ['no mount, Tmpfs null', container([], null), PGDATA, { kind: 'container' }],
    ['tmpfs of the service', container([], { [PGDATA]: 'size=1g' }), PGDATA, { kind: 'tmpfs' }],
    [
      'tmpfs as a mount',
      container([{ Type: 'tmpfs', Source: '', Destination: PGDATA }]),
      PGDATA,
      { kind: 'tmpfs' },
    ],
    [
      'the deepest counts',
      container([volume('vm_stg_postgres_data', '/var/lib/postgresql')], { [PGDATA]: '' }),
      PGDATA,
      { kind: 'tmpfs' },
    ],
    // Neither a folder here nor a volume that compose's `down -v` would empty.
    [
      'network file system',
      container([volume('vm_stg_nfs')]),
      PGDATA,
      { kind: 'device', name: 'vm_stg_nfs', device: ':/export/pg' },
    ],
    [
      'driver of somebody else',
      container([volume('vm_stg_cloud')]),
      PGDATA,
      { kind: 'device', name: 'vm_stg_cloud', device: 'driver rexray' },
    ],
    ['volume in memory', container([volume('vm_stg_memory')]), PGDATA, { kind: 'tmpfs' }],
  ])('%s', (_what, given, data, expected) => {
    expect(storageOfContainer(given, data, config())).toEqual(expected);
  });

  test.each<[what: string, actual: Omit<ActualVolume, 'Name'>, expected: object]>([
    [
      'a folder',
      { Driver: 'local', Options: { o: 'bind', device: '/old' } },
      { kind: 'bind', source: '/old' },
    ],
    [
      'a device',
      { Driver: 'local', Options: { type: 'nfs', device: ':/x' } },
      { kind: 'device', device: ':/x' },
    ],
    ['ordinary', { Driver: 'local', Options: null }, { kind: 'volume', anonymous: false }],
  ])('a volume is as it was made, whatever the configuration says by now: %s', (_what, actual, expected) => {
    for (const name of ['vm_stg_postgres_data', 'vm_stg_folder']) {
      const known = new Map([[name, { Name: name, ...actual }]]);
      expect(storageOfContainer(container([volume(name)]), PGDATA, config(), known)).toMatchObject(expected);
    }
  });

  test('a configuration without volumes', () => {
    const bare: ComposeConfig = { services: { db: {} } };
    expect(storageOfContainer(container([volume('v')]), PGDATA, bare)).toMatchObject({ anonymous: true });
  });
});

describe('storageOfConfig', () => {
  test.each<[what: string, service: ConfiguredService, data: string, expected: Storage]>([
    [
      'named volume, under its real name',
      { volumes: [{ type: 'volume', source: 'postgres_data', target: PGDATA }] },
      PGDATA,
      { kind: 'volume', name: 'vm_stg_postgres_data', anonymous: false, external: false },
    ],
    [
      'external volume',
      { volumes: [{ type: 'volume', source: 'kept', target: PGDATA }] },
      PGDATA,
      { kind: 'volume', name: 'kept_by_hand', anonymous: false, external: true },
    ],
    [
      'volume that is a folder',
      { volumes: [{ type: 'volume', source: 'folder', target: PGDATA }] },
      PGDATA,
      { kind: 'bind', source: '/srv/pg', data: '' },
    ],
    // Its name belongs to a container, and there is none.
    ['anonymous volume', { volumes: [{ type: 'volume', target: PGDATA }] }, PGDATA, { kind: 'none' }],
    [
      'bind mount',
      { volumes: [{ type: 'bind', source: '/p/data', target: '/var/lib/postgresql' }] },
      PGDATA,
      { kind: 'bind', source: '/p/data', data: 'data' },
    ],
    ['tmpfs, one', { tmpfs: `${PGDATA}:size=1g` }, PGDATA, { kind: 'tmpfs' }],
    ['tmpfs, several', { tmpfs: ['/run', PGDATA] }, PGDATA, { kind: 'tmpfs' }],
    ['tmpfs as a mount', { volumes: [{ type: 'tmpfs', target: PGDATA }] }, PGDATA, { kind: 'tmpfs' }],
    [
      'mounts elsewhere',
      { volumes: [{ type: 'bind', source: '/x', target: '/x' }] },
      PGDATA,
      { kind: 'none' },
    ],
    ['nothing', {}, PGDATA, { kind: 'none' }],
  ])('%s', (_what, service, data, expected) => {
    expect(storageOfConfig(config(service), 'db', data)).toEqual(expected);
  });
});
