import { describe, expect, test } from 'vitest';
import { collisionsOf } from '../../lib/check/neighbours.ts';
import { ownRecipes } from '../../lib/check/repository-checks.ts';
import { checkRegistry } from '../../lib/environment/registry.ts';
import { takenNames } from '../../lib/stack/compose/start/before-up.ts';
import { addressFrom } from '../../lib/stack/compose/migrations/migrations.ts';
import type { Exclusive, Resources } from '../../lib/stack/resources.ts';

const resources = (environment: string, more: Partial<Resources>): Resources => ({
  ...{ environment, protected: false, engine: '', projects: [], volumes: [], external: [] },
  ...{ folders: [], addresses: [] },
  ...more,
});
const port = (value: string, address = ''): Exclusive => ({ what: 'port', value, at: 'x.yml:7', address });
const container = (value: string): Exclusive => ({ what: 'container name', value, at: 'x.yml:3' });

test.each<[what: string, own: Partial<Resources>, other: Partial<Resources>, found: string[]]>([
  [
    'one container name',
    { exclusive: [container('db')] },
    { exclusive: [container('db')] },
    ['container name db'],
  ],
  ['two', { exclusive: [container('db')] }, { exclusive: [container('db2')] }, []],
  ['one port', { exclusive: [port('80')] }, { exclusive: [port('80', '127.0.0.1')] }, ['port 80']],
  [
    'one port of two addresses',
    { exclusive: [port('80', '10.0.0.1')] },
    { exclusive: [port('80', '127.0.0.1')] },
    [],
  ],
  [
    'one volume',
    { volumes: [{ value: 'v', at: 'a:1' }] },
    { volumes: [{ value: 'v', at: 'b:2' }] },
    ['volume v'],
  ],
  ['two engines', { exclusive: [port('80')], engine: 'ssh://a' }, { exclusive: [port('80')] }, []],
  ['two hosts', { exclusive: [port('80')], host: 'a' }, { exclusive: [port('80')], host: 'b' }, []],
  ['perhaps one host', { exclusive: [port('80')], host: 'a' }, { exclusive: [port('80')] }, ['port 80']],
])('two environments with %s', (_what, own, other, found) => {
  const collisions = collisionsOf('own', [resources('own', own), resources('other', other)]);
  expect(collisions.map(({ what }) => what)).toEqual(found);
});

test('the place in both files', () => {
  const other = resources('other', { exclusive: [{ ...container('db'), at: 'y.yml:9' }] });
  expect(collisionsOf('own', [resources('own', { exclusive: [container('db')] }), other])).toEqual([
    { what: 'container name db', at: 'x.yml:3', environment: 'other', there: 'y.yml:9' },
  ]);
});

describe('one project of two environments', () => {
  const entry = { protected: false, stack: 'compose', composeFile: 'x.yml', project: 'app' } as const;
  type Engine = { readonly context?: string; readonly host?: string } | undefined;
  test.each<[one: Engine, other: Engine, allowed: boolean]>([
    [undefined, undefined, false],
    [{ host: 'a' }, { host: 'b' }, true],
    [{ host: 'a' }, { host: 'a' }, false],
    [{ host: 'a' }, undefined, false],
    [{ context: 'a' }, undefined, true],
    [{ context: 'a' }, { context: 'b' }, true],
    [{ context: 'a', host: 'x' }, { context: 'a', host: 'y' }, true],
    [{ context: 'a', host: 'x' }, { context: 'a' }, false],
  ])('engines %j and %j', (one, other, allowed) => {
    const withEngine = (engine: Engine): object => (engine === undefined ? entry : { ...entry, engine });
    const environments = { a: withEngine(one), b: withEngine(other) };
    const problems = checkRegistry({ default: 'a', environments });
    if (allowed) return expect(problems).toEqual([]);
    expect(problems).toEqual([
      expect.stringMatching(/^b: the compose project app is taken by a; .*engine: \{ host/),
    ]);
  });
});

const makefile = (text: string): string[] =>
  ownRecipes(text, new Set(['up', 'down', 'backup'])).map(({ target, line }) => `${target} ${line}`);

test.each<[text: string, found: string[]]>([
  ['up:\n\tdocker compose up\n\nbuild:\n', ['up 1']],
  ['x := 1\nup down: deps\n\t@true\n', ['up 2', 'down 2']],
  ['up := 1\nbackup::\n', ['backup 2']],
  ['MAKESAFE_EXCEPT := up\nup:\n', []],
  ['.PHONY: up\n# up: no\n\tup: no\n', []],
])('recipes of %j', (text, found) => {
  expect(makefile(text)).toEqual(found);
});

test.each<
  [
    ports: Parameters<typeof addressFrom>[0],
    port: number | undefined,
    endpoint: string,
    found: string | undefined,
  ]
>([
  [{ '5432/tcp': [{ HostIp: '0.0.0.0', HostPort: '55' }] }, 5432, 'unix:///x', '127.0.0.1:55'],
  [{ '5432/tcp': [{ HostIp: '127.0.0.1', HostPort: '55' }] }, 5432, 'unix:///x', '127.0.0.1:55'],
  [{ '5432/tcp': [{ HostIp: '10.0.0.9', HostPort: '55' }] }, 5432, 'unix:///x', '10.0.0.9:55'],
  [{ '5432/tcp': [{ HostIp: '', HostPort: '55' }] }, 5432, 'ssh://me@stg.example:22', 'stg.example:55'],
  [{ '5432/tcp': [{ HostIp: '::', HostPort: '55' }] }, 5432, 'tcp://[fe80::1]:2376', 'fe80::1:55'],
  // The loopback of another machine.
  [{ '5432/tcp': [{ HostIp: '127.0.0.1', HostPort: '55' }] }, 5432, 'ssh://stg', undefined],
  [{ '5432/tcp': [{ HostIp: '', HostPort: '55' }] }, 5433, 'unix:///x', undefined],
  [{ '5432/tcp': [{ HostIp: '', HostPort: '55' }] }, undefined, 'unix:///x', '127.0.0.1:55'],
  [{ '5432/tcp': null, '80/tcp': [] }, undefined, 'unix:///x', undefined],
])('%j of port %s at %s', (ports, wanted, endpoint, found) => {
  const address = addressFrom(ports, wanted, endpoint);
  expect(address && `${address.host}:${address.port}`).toBe(found);
});

test('names of containers that others have', () => {
  const services = { db: { container_name: 'db' }, api: {}, web: { container_name: 'web' } };
  const others = [
    { Names: ['/db'], Labels: { 'com.docker.compose.project': 'other' } },
    { Names: ['/web2'], Labels: null },
  ].map((one) => ({ Id: '', State: 'running', Mounts: [], ...one }));
  expect(takenNames({ services }, others)).toEqual([{ value: 'db', holder: 'project other' }]);
});
