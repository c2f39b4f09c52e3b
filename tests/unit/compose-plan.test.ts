import { describe, expect, test } from 'vitest';
import type { ActualVolume, ListedContainer } from '../../lib/stack/compose/containers/container.ts';
import { planProject } from '../../lib/stack/compose/removal/plan.ts';
import type { ProjectFacts } from '../../lib/stack/compose/removal/project-facts.ts';
import type { Inside } from '../../lib/stack/compose/storage/inside.ts';
import { NOTHING, identityOfPlan, planHash } from '../../lib/stack/plan.ts';
import type { Storage } from '../../lib/stack/stack.ts';

const PROJECT = 'com.docker.compose.project';
const ANONYMOUS = '5f'.repeat(32);
const PGDATA = '/var/lib/postgresql/data';

const volume = (Name: string, project: string | null = 'shop', more: Partial<ActualVolume> = {}) => ({
  ...{ Name, Driver: 'local', Options: null },
  Labels: project === null ? null : { [PROJECT]: project },
  ...more,
});

function container(
  name: string,
  mounts: readonly string[] = [],
  { project = 'shop', networks = [] as string[], binds = [] as string[] } = {},
): ListedContainer {
  return {
    ...{ Id: `id-${name}`, Names: [`/${name}`], State: 'running' },
    Labels: project === '' ? {} : { [PROJECT]: project, 'com.docker.compose.service': name },
    Mounts: [
      ...mounts.map((Name) => ({ Type: 'volume', Name, Source: '', Destination: PGDATA })),
      ...binds.map((Source) => ({ Type: 'bind', Source, Destination: '/x' })),
    ],
    NetworkSettings: {
      Networks: Object.fromEntries(networks.map((id) => [id, { NetworkID: id }])),
    },
  };
}

const data: Storage = { kind: 'volume', name: 'shop_data', anonymous: false, external: false };

const facts = (changes: Partial<ProjectFacts> = {}): ProjectFacts => ({
  ...{ project: 'shop', databaseService: 'db' },
  config: { services: { db: {}, web: {} }, volumes: { data: { name: 'shop_data' } } },
  containers: [container('db', ['shop_data'])],
  volumes: [volume('shop_data')],
  networks: [],
  storage: data,
  ...{ inside: undefined, folder: undefined, unseen: undefined, instead: 'instead' },
  ...changes,
});

const names = (changes: Partial<ProjectFacts>): string[] =>
  planProject(facts(changes)).volumes.map(({ name, note }) => `${name}: ${note}`);

describe('volumes', () => {
  test.each<[string, Partial<ProjectFacts>, string[]]>([
    [
      'the database first',
      { volumes: [volume('a'), volume('shop_data')] },
      ["shop_data: the database's storage, of db", 'a: no longer in the compose file'],
    ],
    [
      'of other services',
      {
        config: { services: {}, volumes: { data: { name: 'shop_data' }, up: { name: 'shop_up' } } },
        volumes: [volume('shop_up'), volume('shop_data')],
        containers: [container('web', ['shop_up']), container('db', ['shop_data'])],
      },
      ["shop_data: the database's storage, of db", 'shop_up: of web'],
    ],
    [
      'anonymous ones of our containers, also one-off ones',
      { volumes: [volume(ANONYMOUS, null)], containers: [container('run', [ANONYMOUS])] },
      [`${ANONYMOUS}: anonymous, of run`],
    ],
    ['anonymous ones of others stay', { volumes: [volume(ANONYMOUS, null)] }, []],
    [
      'configured ones without a label',
      { volumes: [volume('shop_data', null)] },
      ["shop_data: the database's storage, of db"],
    ],
    [
      'external ones stay, also with our label',
      {
        config: { services: {}, volumes: { data: { name: 'shop_data', external: true } } },
        volumes: [volume('shop_data')],
      },
      [],
    ],
    ['another project’s stay', { volumes: [volume('other', 'other')] }, []],
    ['what is only configured is not there', { volumes: [] }, []],
  ])('%s', (_what, changes, expected) => {
    expect(names(changes)).toEqual(expected);
  });
});

test('containers: the database first, whatever they were made for; those of others stay', () => {
  const containers = [
    container('web'),
    container('web-run-1'),
    container('old'),
    container('db'),
    container('x', [], { project: 'other' }),
    container('y', [], { project: '' }),
  ];
  expect(planProject(facts({ containers })).containers.map(({ name }) => name)).toEqual([
    ...['db', 'web', 'web-run-1', 'old'],
  ]);
});

test('networks: ours; one that others use stays, and so does an external one', () => {
  const network = (Name: string, project = 'shop') => ({ Id: Name, Name, Labels: { [PROJECT]: project } });
  const plan = planProject(
    facts({
      config: { services: {}, networks: { front: { name: 'front', external: true } } },
      containers: [
        container('db', [], { networks: ['shop_default'] }),
        container('proxy', [], { project: 'other', networks: ['shop_shared'] }),
      ],
      networks: [network('shop_default'), network('shop_shared'), network('front'), network('x', 'other')],
    }),
  );
  expect(plan.networks.map(({ name }) => name)).toEqual(['shop_default']);
  expect(plan.stays).toEqual([{ what: 'network shop_shared', why: 'used by proxy (project other)' }]);
});

test('what stays is named: external volumes, what was mounted by hand, folders that the database sees', () => {
  const plan = planProject(
    facts({
      config: { services: {}, volumes: { kept: { name: 'kept', external: true } } },
      volumes: [volume('kept', null), volume('mine', null)],
      containers: [
        container('db', ['mine'], { binds: ['/srv/conf'] }),
        container('web', [], { binds: ['/srv/app'] }),
      ],
      storage: { kind: 'container' },
    }),
  );
  expect(plan.stays).toEqual([
    { what: 'volume kept', why: 'external' },
    { what: 'volume mine', why: "not the project's: mounted by hand" },
    { what: 'folder /srv/conf', why: 'mounted' },
  ]);
});

describe('what stands in the way', () => {
  const bind: Storage = { kind: 'bind', source: '/p/data', data: 'pg' };
  const inside = (changes: Partial<Inside> = {}): Inside => ({
    ...{ directory: PGDATA, links: [] },
    mounts: [{ type: 'volume', source: 'shop_data', destination: PGDATA, folder: true }],
    ...changes,
  });
  const mounts = (...more: [type: string, source: string, destination: string][]): Inside['mounts'] => [
    ...inside().mounts,
    ...more.map(([type, source, destination]) => ({ type, source, destination, folder: true })),
  ];
  const link = (path: string, to: string, kind: 'folder' | 'file' | 'nothing' = 'folder') => ({
    ...{ path: `${PGDATA}/${path}`, to, kind },
  });

  test.each<[string, Partial<ProjectFacts>, string[]]>([
    ['nothing', { inside: inside() }, []],
    [
      'a volume of another project',
      {
        config: { services: {}, volumes: { data: { name: 'shop_data' }, up: { name: 'up' } } },
        volumes: [volume('shop_data'), volume('up', 'blog')],
      },
      ['volume up was made for compose project blog, and the compose file of shop would remove it'],
    ],
    [
      'a volume that another project uses',
      {
        volumes: [volume('shop_data'), volume('shop_up')],
        containers: [
          container('db', ['shop_data']),
          container('x', ['shop_up'], { project: 'blog' }),
          container('y', ['shop_up'], { project: '' }),
        ],
      },
      ['volume shop_up is also mounted by x (project blog), y (no compose project)'],
    ],
    [
      'storage that nothing makes ours',
      { storage: { ...data, name: 'their' }, volumes: [volume('their', null)] },
      ["the data is in volume their, and neither the compose file nor its label says that it is shop's"],
    ],
    [
      'an external volume',
      { storage: { ...data, external: true }, inside: inside(), volumes: [], config: { services: {} } },
      ['the data is in the external volume shop_data, which compose does not remove'],
    ],
    [
      'a device',
      { storage: { kind: 'device', name: 'v', device: 'nas:/x' } },
      ['the data is on nas:/x and stays there when volume v is removed'],
    ],
    [
      'what could not be looked into',
      { unseen: 'no image' },
      ['the storage cannot be looked into: no image'],
    ],
    ['a folder of ours', { storage: bind, folder: { lies: 'inside', holds: 'data directory' } }, []],
    ['an empty one', { storage: bind, folder: { lies: 'inside', holds: 'empty' } }, []],
    ['none', { storage: bind, folder: { lies: 'inside', holds: 'absent' } }, []],
    [
      'a folder outside',
      { storage: bind, folder: { lies: 'outside', holds: 'other' } },
      ['the data is in /p/data/pg, which is outside this project'],
    ],
    [
      'a folder behind a link',
      { storage: bind, folder: { lies: 'behind a link', holds: 'empty' } },
      ["a link in /p/data/pg may lead outside this project on the engine's host"],
    ],
    [
      'another folder',
      { storage: bind, folder: { lies: 'inside', holds: 'other' } },
      ['/p/data/pg holds files but no PG_VERSION: it is not a data directory of PostgreSQL'],
    ],
    [
      'a link',
      { storage: bind, folder: { lies: 'inside', holds: 'link' } },
      ['/p/data/pg is a link: what it leads to would stay'],
    ],
    [
      'a mount',
      { storage: bind, folder: { lies: 'inside', holds: 'mount' } },
      ['another file system is mounted in /p/data/pg: what is there would stay'],
    ],
    [
      'what root cannot read',
      { storage: bind, folder: { lies: 'inside', holds: 'unread' } },
      ['/p/data/pg cannot be read, not even by root of a container: what is in it is not known'],
    ],
    // What the data directory leads to.
    ['links that stay inside', { inside: inside({ links: [link('pg_wal', `${PGDATA}/wal`)] }) }, []],
    ['links into the container', { inside: inside({ links: [link('pg_tblspc/16400', '/fast')] }) }, []],
    [
      'a configuration file',
      {
        inside: inside({
          links: [link('server.key', '/etc/key', 'file')],
          mounts: mounts(['bind', '/etc', '/etc']),
        }),
      },
      [],
    ],
    [
      'a table that was moved',
      {
        inside: inside({
          links: [link('base/5/16385', '/srv/t', 'file')],
          mounts: mounts(['bind', '/disk', '/srv']),
        }),
      },
      ['base/5/16385 lies elsewhere (folder /disk/t) and would stay'],
    ],
    [
      'a tablespace in a folder of the machine',
      {
        inside: inside({
          links: [link('pg_tblspc/16400', '/fast/x')],
          mounts: mounts(['bind', '/disk,1', '/fast']),
        }),
      },
      ['tablespace 16400 lies elsewhere (folder /disk,1/x) and would stay'],
    ],
    [
      'a tablespace that is not mounted now',
      {
        inside: inside({
          links: [link('pg_tblspc/16400', '/fast/x', 'nothing')],
          mounts: mounts(['bind', '/disk', '/fast']),
        }),
      },
      ['tablespace 16400 lies elsewhere (folder /disk/x) and would stay'],
    ],
    [
      'pg_wal in a volume of ours',
      {
        volumes: [volume('shop_data'), volume('shop_wal')],
        inside: inside({ links: [link('pg_wal', '/wal')], mounts: mounts(['volume', 'shop_wal', '/wal']) }),
      },
      [],
    ],
    [
      'pg_wal in a volume that stays',
      { inside: inside({ links: [link('pg_wal', '/wal')], mounts: mounts(['volume', 'kept', '/wal']) }) },
      ['pg_wal lies elsewhere (volume kept) and would stay'],
    ],
    [
      'pg_wal mounted in it',
      { inside: inside({ mounts: mounts(['bind', '/disk', `${PGDATA}/pg_wal`]) }) },
      ['pg_wal lies elsewhere (folder /disk) and would stay'],
    ],
    [
      'the data directory behind a link',
      {
        storage: { kind: 'bind', source: '/p/data', data: '' },
        folder: { lies: 'inside', holds: 'data directory' },
        inside: inside({
          directory: '/real',
          mounts: [
            { type: 'bind', source: '/p/data', destination: PGDATA, folder: true },
            { type: 'bind', source: '/disk', destination: '/real', folder: true },
          ],
        }),
      },
      ['the data directory lies elsewhere (folder /disk) and would stay'],
    ],
    [
      'memory',
      {
        storage: { kind: 'tmpfs' },
        inside: inside({ mounts: [{ type: 'tmpfs', source: '', destination: PGDATA, folder: true }] }),
      },
      [],
    ],
    [
      'a folder with blanks and line breaks',
      {
        storage: { kind: 'bind', source: '/p/a, "b"\n$x', data: '' },
        folder: { lies: 'inside', holds: 'link' },
      },
      ['/p/a, "b"\\n$x is a link: what it leads to would stay'],
    ],
  ])('%s', (_what, changes, expected) => {
    const { obstacles } = planProject(facts(changes));
    expect(obstacles.map(({ reason }) => reason)).toEqual(expected);
    for (const { remedy } of obstacles) expect(remedy).not.toBe('');
  });
});

test('a plan is the same as long as each thing is the one that it was', () => {
  const plan = planProject(facts());
  expect(identityOfPlan(plan)).toEqual({
    volumes: 'shop_data',
    folders: 'none',
    containers: 'db (id-db)',
    networks: 'none',
    'what stays': 'none',
  });
  const again = facts({ volumes: [volume('shop_data'), volume('shop_more')] });
  expect(planHash(planProject(again))).not.toBe(planHash(plan));
  const listed = facts({ containers: facts().containers.map((one) => ({ ...one, State: 'exited' })) });
  expect(planHash(planProject(listed))).toBe(planHash(plan));
  expect(planHash(NOTHING)).not.toBe(planHash(plan));
});
