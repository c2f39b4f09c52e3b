import { expect, test } from 'vitest';
import type { Contents } from '../../lib/database/contents.ts';
import type { JournalTarget, Start } from '../../lib/guard/record/entry.ts';
import { lastKnown } from '../../lib/guard/facts/last-known.ts';
import type { Storage } from '../../lib/stack/stack.ts';
import { contents, target, volume } from './guard-facts.ts';

const recorded: JournalTarget = {
  ...{ engine: target.engine, host: target.host, project: 'shop', server: target.server! },
  ...{ storage: target.storage, database: 'core_stg', systemIdentifier: contents.systemIdentifier },
  ...{ size: 1, tables: 1, rows: 1, revisions: [] },
};
let hour = 0;
const start = (environment: string, changes: Partial<JournalTarget> = {}): Start => ({
  ...{ event: 'start', run: 'r', time: `2026-01-02T${String(hour++).padStart(2, '0')}:00:00Z` },
  ...{ user: 'taro', host: 'vm7', environment, task: 'db-reset-db-env', parameters: {} },
  target: { ...recorded, ...changes },
  ...{ checks: [], backup: null, revision: null },
});
const elsewhere = { systemIdentifier: '1', storage: volume({ name: 'other' }) };

test.each<[title: string, starts: Start[], contents: Contents | undefined, expected: string | undefined]>([
  ['nothing on record', [], contents, undefined],
  ['the same storage, stopped', [start('vm_prod', { systemIdentifier: null })], undefined, 'vm_prod'],
  [
    'the same server, its volume renamed',
    [start('vm_prod', { storage: volume({ name: 'x' }) })],
    contents,
    'vm_prod',
  ],
  [
    'the same server, on another engine',
    [start('vm_prod', { engine: 'ssh://x', host: 'x' })],
    contents,
    'vm_prod',
  ],
  ['another server, another storage', [start('vm_prod', elsewhere)], contents, undefined],
  [
    'the same name on another engine',
    [start('vm_prod', { engine: 'ssh://x', systemIdentifier: null })],
    undefined,
    undefined,
  ],
  [
    'the same name on another host of the same endpoint',
    [start('vm_prod', { host: 'vm8', systemIdentifier: null })],
    undefined,
    undefined,
  ],
  // Neither of them could be read.
  [
    'no identifier is none',
    [start('vm_prod', { ...elsewhere, systemIdentifier: null })],
    { ...contents, systemIdentifier: null },
    undefined,
  ],
  [
    'the latest of several',
    [start('vm_prod'), start('vm_stg'), start('local_dev', elsewhere)],
    contents,
    'vm_stg',
  ],
])('%s', (_title, starts, found, expected) => {
  expect(lastKnown(starts, target, found)).toBe(expected);
  // In whatever order the files are read.
  expect(lastKnown([...starts].reverse(), target, found)).toBe(expected);
});

test('environments may share a server, each with a database of its own', () => {
  const storage: Storage = { kind: 'server', address: 'db.example:5432' };
  const of = (database: string): Start => start('vm_prod', { storage, database });
  const found = (starts: Start[], known: Contents | undefined): string | undefined =>
    lastKnown(starts, { ...target, storage }, known);
  for (const known of [contents, undefined]) {
    expect(found([of('core_prod')], known)).toBeUndefined();
    expect(found([of(target.database)], known)).toBe('vm_prod');
  }
});

test.each<[one: Storage, other: Storage, same: boolean]>([
  [volume(), volume({ external: true, madeFor: 'x' }), true],
  [volume(), { kind: 'device', name: 'shop_data', device: ':/x' }, true],
  [volume(), volume({ name: 'shop_data2' }), false],
  [volume({ name: '' }), volume({ name: '' }), false],
  [{ kind: 'bind', source: '/srv', data: 'pg' }, { kind: 'bind', source: '/srv', data: 'pg' }, true],
  [{ kind: 'bind', source: '/srv', data: 'pg' }, { kind: 'bind', source: '/srv/pg', data: '' }, true],
  [{ kind: 'bind', source: '/srv', data: 'pg' }, { kind: 'bind', source: '/srv', data: 'pg2' }, false],
  [{ kind: 'folder', path: '/p/data' }, { kind: 'folder', path: '/p/data' }, true],
  [{ kind: 'folder', path: '/p/data' }, { kind: 'folder', path: '/q/data' }, false],
  [{ kind: 'tmpfs' }, { kind: 'tmpfs' }, false],
  [{ kind: 'container' }, { kind: 'container' }, false],
  [{ kind: 'none' }, { kind: 'none' }, false],
])('%j and %j are the same: %j', (one, other, same) => {
  const found = lastKnown([start('vm_prod', { storage: one })], { ...target, storage: other }, undefined);
  expect(found).toBe(same ? 'vm_prod' : undefined);
});
