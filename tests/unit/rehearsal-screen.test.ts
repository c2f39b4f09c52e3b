import { expect, test } from 'vitest';
import { renderReceipt } from '../../lib/rehearsal/screen.ts';
import { DEFAULT_LIMITS } from '../../lib/migrations/hazards.ts';
import type { Receipt } from '../../lib/migrations/receipt.ts';
import { statement } from '../helpers/pages.ts';

const lock = (relation: string, ms: number, mode = 'AccessExclusiveLock') => ({
  ...{
    relation,
    relationKind: 'r',
    mode,
    existed: true,
    revision: '0002',
    number: 1,
    ms,
    how: 'commit' as const,
  },
});

const RECEIPT: Receipt = {
  ...{ format: 2, environment: 'vm_prod', time: '2026-11-29T15:30:00.000Z', on: 'local_demo' },
  ...{ serverVersion: '17.2', data: true, way: 'up', target: 'head', from: ['1'], to: ['3'], migrated: true },
  ...{
    backup: null,
    schema: { before: 'a', after: 'b', pgDump: 'own', version: '17.2' },
    limits: DEFAULT_LIMITS,
  },
  revisions: ['0002', '0003'].map((revision) => ({
    ...{ revision, way: 'up', file: null, sha256: null, downgrade: 'there' },
  })),
  statements: [
    statement('0002', {
      changed: [{ relation: 'mart.items', inserted: 1200, updated: 3, deleted: 0, existed: true }],
    }),
    statement('0002', { number: 2, ms: 1400 }),
    statement('0003', { ms: 65_000, wal: 12 }),
  ],
  held: [lock('mart.items', 1412.4), lock('mart.parts', 3), lock('mart.log', 9000, 'RowExclusiveLock')],
  ...{ emptied: [], rows: { before: {}, after: {} }, lost: [], without: [], by: null, hazards: [] },
};
const lines = (receipt: Partial<Receipt>): string[] =>
  renderReceipt({ ...RECEIPT, ...receipt }, (_style, text) => text).split('\n');
const hazard = (revision: string): Receipt['hazards'][number] => ({
  ...{ kind: 'deletes-data', revision, statement: 2, relation: 'a', reason: 'drops table a' },
});

test('a rehearsal without hazards', () => {
  expect(lines({})).toEqual([
    '✓ no hazards',
    '',
    'REVISION  TIME       STATEMENTS  ROWS       LOCKED                    WAL',
    '0002      1.4 s      2           +1,200 ~3  mart.items 1.4 s, 1 more  2.4 kB',
    '0003      1 min 5 s  1           -          -                         12 bytes',
  ]);
});

test('hazards come first, and the last line of many names the kinds of the others', () => {
  expect(lines({ hazards: [hazard('0002')] })[0]).toBe('deletes-data  0002, statement 2  drops table a');
  const many = Array.from({ length: 20 }, (_, at) => hazard(`00${at}`));
  const shown = lines({ hazards: [...many, { ...hazard('long'), kind: 'irreversible', statement: null }] });
  expect(shown[11]).toBe('… and 10 more, in the receipt: deletes-data, irreversible');
  expect(shown[12]).toBe('');
});

test('what it cannot know is said last', () => {
  const unseen = statement('0003', { sha256: null, verb: null, ms: null, unseen: true });
  expect(lines({ data: false, statements: [unseen], lost: ['a look'] }).slice(-3)).toEqual([
    '! copied without data: how long it takes, how many rows it changes or loses, and what fails because of them is not known',
    '! 1 step went past the drivers that are watched, and is known by the effect only',
    '! a look failed, and what it would have shown is missing: a look',
  ]);
});
