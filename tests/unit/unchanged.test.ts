import { expect, test } from 'vitest';
import type { Variable } from '../../lib/environment/env-files.ts';
import type { GuardFacts } from '../../lib/guard/facts/facts.ts';
import { changesBetween, configurationChanges, identityOf } from '../../lib/guard/facts/unchanged.ts';
import { NOTHING } from '../../lib/stack/plan.ts';
import { contents, entry, facts, stopped, target, volume } from './guard-facts.ts';

const variable = (value: string): Variable => ({ value, place: 'x:1', secret: true, plain: true });
const variables = new Map([
  ['POSTGRES_DB', variable('core_stg')],
  ['POSTGRES_PASSWORD', variable('hush')],
]);
const before = identityOf(facts, variables);
const changes = (now: GuardFacts, with_ = variables): string[] =>
  changesBetween(before, identityOf(now, with_));

test('nothing has changed', () => {
  expect(changes({ ...facts })).toEqual([]);
});

test('life goes on: rows, sessions, size and statistics are no change', () => {
  const busy = { ...contents, size: 1, tables: 99, rows: 0, sessions: {}, revisions: [], idle: null };
  expect(changes({ ...facts, contents: { ...busy, lastActivity: null, storageSize: 2 } })).toEqual([]);
});

const overlap = {
  ...{ what: 'volume' as const, environment: 'local_dev', protected: false },
  ...{ own: { value: 'v', at: 'a:1' }, other: { value: 'v', at: 'b:2' } },
};
test.each<[change: string, now: GuardFacts]>([
  [
    'registry entry: vm_stg {"protected":false,"stack":"compose","composeFile":"c.yml"} → vm_stg {"protected":true,"stack":"compose","composeFile":"c.yml"}',
    { ...facts, entry: { ...entry, protected: true } },
  ],
  [
    'engine: unix:///var/run/docker.sock on host vm7 → ssh://vm8 on host vm7',
    { ...facts, target: { ...target, engine: 'ssh://vm8' } },
  ],
  [
    'engine: unix:///var/run/docker.sock on host vm7 → unix:///var/run/docker.sock on host vm8',
    { ...facts, target: { ...target, host: 'vm8' } },
  ],
  ['project: shop → shop2', { ...facts, target: { ...target, project: 'shop2' } }],
  [
    'server: container 0123456789ab (running) → container ba9876543210 (running)',
    { ...facts, target: { ...target, server: 'container ba9876543210 (running)' } },
  ],
  ['server: container 0123456789ab (running) → none', { ...facts, target: { ...target, server: undefined } }],
  [
    'storage: volume shop_data → folder /srv/pg',
    { ...facts, target: { ...target, storage: { kind: 'bind', source: '/srv', data: 'pg' } } },
  ],
  [
    'storage: volume shop_data → external volume shop_data',
    { ...facts, target: { ...target, storage: volume({ external: true }) } },
  ],
  [
    'users of the storage:  → x (project y)',
    { ...facts, target: { ...target, otherUsers: ['x (project y)'] } },
  ],
  ['database: core_stg of app_stg → core_stg of app', { ...facts, target: { ...target, user: 'app' } }],
  ['database id: 16385 → 16999', { ...facts, contents: { ...contents, oid: '16999' } }],
  ['system: 7654321098765432109 → 1', { ...facts, contents: { ...contents, systemIdentifier: '1' } }],
  ['primary: timeline 1 → timeline 2', { ...facts, contents: { ...contents, timeline: 2 } }],
  [
    'primary: timeline 1 → a standby',
    { ...facts, contents: { ...contents, isStandby: true, timeline: null } },
  ],
  ['markers: {"core_stg":"vm_stg"} → {"core_stg":"vm_prod"}', { ...facts, markers: { core_stg: 'vm_prod' } }],
  ['markers: {"core_stg":"vm_stg"} → {}', { ...facts, markers: {} }],
  ['volumes: none → uploads', { ...facts, plan: { ...NOTHING, volumes: [{ name: 'uploads', note: '' }] } }],
  ['folders: none → /srv/pg', { ...facts, plan: { ...NOTHING, folders: [{ path: '/srv/pg', note: '' }] } }],
  [
    'networks: none → shop_default (0123456789ab)',
    { ...facts, plan: { ...NOTHING, networks: [{ id: '0123456789abcdef', name: 'shop_default' }] } },
  ],
  ["overlaps:  → volume v is also local_dev's (a:1, b:2)", { ...facts, overlaps: [overlap] }],
])('%s', (change, now) => {
  expect(changes(now)).toEqual([change]);
});

test.each([
  ['known, then not', facts, stopped],
  ['not known, then known', stopped, facts],
])('%s: no change, where the container is the same one', (_what, before, now) => {
  expect(changesBetween(identityOf(before, variables), identityOf(now, variables))).toEqual([]);
});

test('a container that has started meanwhile is the one that it was; another one is not', () => {
  const container = (id: string, state: string): GuardFacts => ({
    ...facts,
    plan: { ...NOTHING, containers: [{ id, name: 'shop-db-1', service: 'db', state }] },
  });
  const between = (before: GuardFacts, now: GuardFacts): string[] =>
    changesBetween(identityOf(before, variables), identityOf(now, variables));
  expect(between(container('a1', 'created'), container('a1', 'running'))).toEqual([]);
  expect(between(container('a1', 'running'), container('b2', 'running'))).toEqual([
    'containers: shop-db-1 (a1) → shop-db-1 (b2)',
  ]);
});

test('the configuration: each part that is another one is named, and not what it says', () => {
  const before = { 'service db': 'a', 'service web': 'b', 'volume data': 'c' };
  expect(configurationChanges(before, { 'service db': 'z', 'volume data': 'c', 'volume more': 'd' })).toEqual(
    [
      'compose configuration: service db is another one',
      'compose configuration: service web is gone',
      'compose configuration: volume more is new',
    ],
  );
  expect(configurationChanges(before, { ...before })).toEqual([]);
  expect(configurationChanges(undefined, undefined)).toEqual([]);
});

test('another value in the env files is seen, and not told', () => {
  const now = new Map([...variables, ['POSTGRES_PASSWORD', variable('hush2')] as const]);
  const [change, ...others] = changes(facts, now);
  expect(change).toMatch(/^env files: [0-9a-f]{12} → [0-9a-f]{12}$/);
  expect(others).toEqual([]);
  // The line that a value stands on is no part of it.
  const moved = new Map([...variables].map(([name, found]) => [name, { ...found, place: 'x:9' }]));
  expect(changes(facts, moved)).toEqual([]);
});
