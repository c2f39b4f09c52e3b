import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findOverlaps, describeOverlap } from '../../lib/guard/facts/overlap.ts';
import type { Resources } from '../../lib/stack/resources.ts';
import { NOTHING, type Plan } from '../../lib/stack/plan.ts';
import type { Storage } from '../../lib/stack/stack.ts';
import { target, volume } from './guard-facts.ts';
import { temporaryFolder } from './support.ts';

type Claimed = Partial<Record<'projects' | 'volumes' | 'external' | 'folders' | 'addresses', string[]>>;

function resources(
  environment: string,
  { projects = [], volumes = [], external = [], folders = [], addresses = [] }: Claimed,
  more: Partial<Resources> = {},
): Resources {
  const listed = (values: string[], what: string) =>
    values.map((value, index) => ({ value, at: `${environment}.${what}:${index + 1}` }));
  return {
    ...{ environment, protected: environment === 'vm_prod', engine: '' },
    projects: listed(projects, 'project'),
    volumes: listed(volumes, 'volume'),
    external: listed(external, 'external'),
    folders: listed(folders, 'folder'),
    addresses: listed(addresses, 'address'),
    ...more,
  };
}

/** What vm_stg shares with vm_prod, in the words of the refusal. */
function shared(
  stg: Claimed,
  prod: Claimed,
  {
    storage = { kind: 'none' },
    engine = '',
    plan = NOTHING,
  }: { storage?: Storage; engine?: string; plan?: Plan } = {},
): string[] {
  const all = [resources('vm_stg', stg), resources('vm_prod', prod, { engine })];
  return findOverlaps('vm_stg', all, { ...target, storage }, plan).map(describeOverlap);
}

test('nothing in common', () => {
  const claimed = (name: string): Claimed => ({
    ...{ projects: [name], volumes: [`${name}_data`], folders: [`/srv/${name}`] },
    addresses: [`127.0.0.1:${name.length}`, `${name}.example`],
  });
  expect(shared(claimed('stg'), claimed('produ'), { storage: volume({ name: 'stg_data' }) })).toEqual([]);
});

test('the same project, as COMPOSE_PROJECT_NAME in an env file has it', () => {
  expect(shared({ projects: ['stg', 'prod'] }, { projects: ['prod'] })).toEqual([
    "project prod is also vm_prod's (vm_stg.project:2, vm_prod.project:1)",
  ]);
});

test('the same volume, also among others, and each by its own line', () => {
  expect(shared({ volumes: ['a', 'b', 'c'] }, { volumes: ['c', 'x', 'b'] })).toEqual([
    "volume b is also vm_prod's (vm_stg.volume:2, vm_prod.volume:3)",
    "volume c is also vm_prod's (vm_stg.volume:3, vm_prod.volume:1)",
  ]);
});

describe('folders', () => {
  test.each([
    ['/srv/pg', '/srv/pg', true],
    ['/srv/pg', '/srv/pg/', true],
    ['/srv/pg/17', '/srv/pg', true],
    ['/srv', '/srv/pg/17', true],
    ['/', '/srv/pg', true],
    ['/srv/../srv/pg', '/srv/pg', true],
    ['/srv/pg', '/srv/pg2', false],
    ['/srv/pg2', '/srv/pg', false],
    ['/srv/a', '/srv/b', false],
  ])('%s and %s: %j', (own, other, met) => {
    expect(shared({ folders: [own] }, { folders: [other] })).toHaveLength(met ? 1 : 0);
  });

  test('a link is followed to where it leads', () => {
    const folder = temporaryFolder();
    const prod = join(folder, 'prod/data');
    mkdirSync(join(folder, 'prod/data'), { recursive: true });
    symlinkSync(prod, join(folder, 'stg'));
    expect(shared({ folders: [join(folder, 'stg')] }, { folders: [prod] })).toHaveLength(1);
    expect(shared({ folders: [join(folder, 'stg')] }, { folders: [join(folder, 'prod')] })).toHaveLength(1);
    // Whichever of the two is the link.
    expect(shared({ folders: [prod] }, { folders: [join(folder, 'stg')] })).toHaveLength(1);
    // A folder that the first start will make, behind a link.
    expect(
      shared({ folders: [join(folder, 'stg/17')] }, { folders: [join(folder, 'prod/data/17')] }),
    ).toHaveLength(1);
  });
});

describe('addresses', () => {
  test.each([
    ['127.0.0.1:5432', '127.0.0.1:5432', true],
    ['0.0.0.0:5432', '127.0.0.1:5432', true],
    ['127.0.0.1:5432', '0.0.0.0:5432', true],
    ['[::]:5432', '127.0.0.1:5432', true],
    [':::5432', '10.0.0.7:5432', true],
    [':5432', '10.0.0.7:5432', true],
    ['10.0.0.7:5432', '10.0.0.8:5432', false],
    ['0.0.0.0:5432', '0.0.0.0:5433', false],
    ['db.example', 'db.example', true],
    ['db.example', 'db2.example', false],
    ['db.example', '0.0.0.0:5432', false],
    ['localhost:5432', '127.0.0.1:5432', true],
    // Servers, by database.
    ['db.example:5432/core', 'db.example:5432/core', true],
    ['db.example:5432/core', 'db.example:5432/other', false],
    ['db.example:5432/core', 'db.example:5433/core', false],
    ['db.example:5432/core', 'db2.example:5432/core', false],
    ['db.example:5432/core', 'db.example', true],
    // Whose database is not known here.
    ['db.example:5432/core', 'db.example:5432/', true],
    // Published on this machine.
    ['db.example:5432/core', '0.0.0.0:5432', false],
    ['localhost:5432/core', '0.0.0.0:5432', true],
    ['[::1]:5432/core', '127.0.0.1:5432', true],
    ['127.0.0.1:5433/core', '0.0.0.0:5432', false],
  ])('%s and %s: %j', (own, other, met) => {
    expect(shared({ addresses: [own] }, { addresses: [other] })).toHaveLength(met ? 1 : 0);
  });
});

test('a link here hides nothing of an engine on another machine, where there may be none', () => {
  const folder = temporaryFolder({ 'elsewhere/x': '' });
  symlinkSync(join(folder, 'elsewhere'), join(folder, 'stg'));
  mkdirSync(join(folder, 'prod'));
  symlinkSync(join(folder, 'prod'), join(folder, 'stg/pg'));
  const both: [Claimed, Claimed] = [
    { folders: [join(folder, 'stg')] },
    { folders: [join(folder, 'stg/pg')] },
  ];
  expect(shared(...both)).toHaveLength(1);
});

test('environments of different engines share nothing', () => {
  const both: Claimed = { projects: ['p'], volumes: ['v'], folders: ['/f'], addresses: ['0.0.0.0:1'] };
  expect(shared(both, both)).toHaveLength(4);
  expect(shared(both, both, { engine: 'vm-prod' })).toEqual([]);
});

describe('the storage in use, where it is another than the configuration says', () => {
  test.each<[title: string, storage: Storage, prod: Claimed, met: string[]]>([
    [
      'a volume',
      volume({ name: 'prod_data' }),
      { volumes: ['prod_data'] },
      ["volume prod_data is also vm_prod's (the storage in use, vm_prod.volume:1)"],
    ],
    [
      'a volume on a device',
      { kind: 'device', name: 'prod_data', device: ':/export' },
      { volumes: ['prod_data'] },
      ["volume prod_data is also vm_prod's (the storage in use, vm_prod.volume:1)"],
    ],
    [
      'a folder',
      { kind: 'bind', source: '/srv/prod', data: 'pg/17' },
      { folders: ['/srv/prod/pg'] },
      ["folder /srv/prod/pg/17 is also vm_prod's (the storage in use, vm_prod.folder:1)"],
    ],
    ['the folder beside it', { kind: 'bind', source: '/srv', data: 'stg' }, { folders: ['/srv/prod'] }, []],
    ['memory', { kind: 'tmpfs' }, { volumes: ['prod_data'], folders: ['/srv'] }, []],
  ])('%s', (_title, storage, prod, met) => {
    expect(shared({ volumes: ['stg_data'], folders: ['/data/stg'] }, prod, { storage })).toEqual(met);
  });

  test('is counted once where the configuration has it as well', () => {
    expect(shared({ volumes: ['v'] }, { volumes: ['v'] }, { storage: volume({ name: 'v' }) })).toEqual([
      "volume v is also vm_prod's (vm_stg.volume:1, vm_prod.volume:1)",
    ]);
  });
});

test.each([
  ['vm_stg', 'vm_prod', true],
  ['vm_prod', 'vm_stg', true],
  ['vm_stg', 'local_dev', false],
])('%s with %s: one of them is protected: %j', (own, other, isProtected) => {
  const all = [own, other].map((name) => resources(name, { volumes: ['v'] }));
  const found = findOverlaps(own, all, { ...target, storage: { kind: 'none' } }, NOTHING);
  expect(found).toMatchObject([{ environment: other, protected: isProtected }]);
});

test('a volume that the other uses and does not make itself, by configuration or by what the project really has', () => {
  const prod = { external: ['uploads'] };
  const words = 'volume uploads is also vm_prod';
  expect(shared({ volumes: ['uploads'] }, prod)[0]).toContain(words);
  const volumes = [{ name: 'uploads', note: '' }];
  expect(shared({}, prod, { plan: { ...NOTHING, volumes } })[0]).toContain(words);
  // Both only use it: it stays.
  expect(shared({ external: ['uploads'] }, prod)).toEqual([]);
});

test('what cannot be read here overlaps with nothing', () => {
  expect(shared({ volumes: ['v'] }, {})).toEqual([]);
});
