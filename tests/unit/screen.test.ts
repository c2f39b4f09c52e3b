import { expect, test } from 'vitest';
import type { GuardFacts } from '../../lib/guard/facts/facts.ts';
import { ago, describeDoubts, describeTarget } from '../../lib/guard/person/screen.ts';
import type { Storage } from '../../lib/stack/stack.ts';
import { contents, entry, facts, stopped, target, volume } from './guard-facts.ts';
import { recordingTerminal } from './support.ts';

const action = { what: 'DB reset', effect: 'destroy' as const, forced: '', backup: '' };
const { terminal } = recordingTerminal();
const describeIt = (changes: Partial<GuardFacts> = {}): string[] =>
  describeTarget({ ...facts, ...changes }, action, terminal);
const screen = (changes?: Partial<GuardFacts>): string => describeIt(changes).join('\n');

test('running: all facts, a line each', () => {
  const found = screen({
    environment: { name: 'vm_prod', alias: 'prod' },
    entry: { ...entry, protected: true },
    markers: { core_stg: 'vm_prod' },
  });
  expect(found).toMatchInlineSnapshot(`
    "⚠️  DB reset: this will be destroyed
        environment  vm_prod (typed: prod), PROTECTED
        engine       unix:///var/run/docker.sock on host vm7
        project      shop
        server       container 0123456789ab (running), PostgreSQL 17.11, system 7654321098765432109
        storage      volume shop_data, 71.5 MB
        database     core_stg of app_stg, 48.2 MB, 31 tables, about 1,204,000 rows
        revision     0012_orders
        activity     last 3 minutes ago
        sessions     core_api 3, psql 1
        marker       vm_prod"
  `);
});

test('stopped: what the engine still knows, and what cannot be known', () => {
  expect(describeTarget(stopped, { ...action, effect: 'change' }, terminal).join('\n'))
    .toMatchInlineSnapshot(`
    "⚠️  DB reset: this will be changed
        environment  vm_stg
        engine       unix:///var/run/docker.sock on host vm7
        project      shop
        server       container 0123456789ab (exited)
        storage      volume shop_data
        database     core_stg of app_stg
        contents     not known while the server is stopped
        marker       not known while the server is stopped"
  `);
});

test('running, but not readable: why', () => {
  const unread = 'password authentication failed for user "app_stg"';
  expect(screen({ contents: undefined, markers: undefined, unread })).toMatchInlineSnapshot(`
    "⚠️  DB reset: this will be destroyed
        environment  vm_stg
        engine       unix:///var/run/docker.sock on host vm7
        project      shop
        server       container 0123456789ab (running)
        storage      volume shop_data
        database     core_stg of app_stg
        contents     not known: password authentication failed for user "app_stg"
        marker       not known: password authentication failed for user "app_stg""
  `);
});

test('the database is missing, its neighbours are there', () => {
  const unread = 'database "core_stg" does not exist';
  const lines = describeIt({ contents: undefined, markers: { other: 'vm_stg' }, unread });
  expect(lines).toContain(`    contents     not known: ${unread}`);
  expect(lines).toContain('    marker       none yet');
});

test('nothing yet', () => {
  const nothing = { ...target, server: undefined, running: false, storage: { kind: 'none' } } as const;
  expect(screen({ ...stopped, target: nothing })).toMatchInlineSnapshot(`
    "⚠️  DB reset: this will be destroyed
        environment  vm_stg
        engine       unix:///var/run/docker.sock on host vm7
        project      shop
        server       none
        storage      none yet
        database     core_stg of app_stg
        marker       not known while the server is stopped"
  `);
});

test('an empty database that nobody uses', () => {
  const empty = { ...contents, size: 7_500_000, tables: 0, rows: 0, revisions: [], sessions: {} };
  const lines = describeIt({
    contents: { ...empty, lastActivity: null, idle: null, systemIdentifier: null },
    markers: {},
  });
  expect(lines.slice(4).join('\n')).toMatchInlineSnapshot(`
    "    server       container 0123456789ab (running), PostgreSQL 17.11
        storage      volume shop_data, 71.5 MB
        database     core_stg of app_stg, 7.5 MB, 0 tables, about 0 rows
        revision     none
        activity     none known
        sessions     none
        marker       none yet"
  `);
});

test.each([
  [{ tables: 1 }, /, 1 table, about/],
  [{ tables: 2, rows: 0 }, /, 2 tables, about 0 rows/],
])('%j', (changes, words) => {
  expect(screen({ contents: { ...contents, ...changes } })).toMatch(words);
});

test.each<[storage: Storage, words: string]>([
  [volume({ name: 'v' }), 'volume v'],
  [volume({ name: 'v', anonymous: true }), 'anonymous volume v'],
  [volume({ name: 'v', external: true }), 'external volume v'],
  [volume({ name: '', anonymous: true }), 'anonymous volume'],
  [{ kind: 'bind', source: '/srv/pg', data: '' }, 'folder /srv/pg'],
  [{ kind: 'bind', source: '/srv/pg', data: '18/docker' }, 'folder /srv/pg/18/docker'],
  [{ kind: 'device', name: 'v', device: ':/export/pg' }, ':/export/pg (volume v)'],
  [{ kind: 'tmpfs' }, 'memory (tmpfs), gone with the container'],
  [{ kind: 'container' }, "the container's own layer"],
  [{ kind: 'folder', path: '/p/.embedded/x/data' }, 'folder /p/.embedded/x/data'],
  [{ kind: 'server', address: 'db.example:5432' }, 'kept by the server at db.example:5432'],
  [{ kind: 'none' }, 'none yet'],
])('%j is %j', (storage, words) => {
  expect(describeIt({ ...stopped, target: { ...target, storage } })).toContain(`    storage      ${words}`);
});

test.each([
  [-1, 'just now'],
  [0, 'just now'],
  [59.9, 'just now'],
  [60, '1 minute ago'],
  [3599, '59 minutes ago'],
  [3600, '1 hour ago'],
  [86_399, '23 hours ago'],
  [86_400, '1 day ago'],
  [400 * 86_400, '400 days ago'],
])('%d s: %s', (seconds, words) => {
  expect(ago(seconds)).toBe(words);
});

test('what does not refuse is said: overlaps, and environments that cannot be compared with', () => {
  const own = { value: 'v', at: 'a:1' };
  const found = describeDoubts({
    ...facts,
    overlaps: [
      { what: 'volume', own, other: { value: 'v', at: 'b:2' }, environment: 'local_dev', protected: false },
    ],
    unknown: [
      {
        ...{ environment: 'vm_prod', protected: true, engine: '', unread: 'x.yml: no such file' },
        ...{ projects: [], volumes: [], external: [], folders: [], addresses: [] },
      },
    ],
  });
  expect(found).toEqual([
    "volume v is also local_dev's (a:1, b:2)",
    'vm_prod cannot be compared with, its configuration cannot be read here: x.yml: no such file',
  ]);
  expect(describeDoubts(facts)).toEqual([]);
});
