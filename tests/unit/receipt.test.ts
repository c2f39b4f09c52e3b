import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../lib/migrations/hazards.ts';
import { keyedDigest } from '../../lib/stack/seal.ts';
import {
  fittingReceipt,
  isSealed,
  parseReceipt,
  readReceipts,
  receiptFile,
  withSeal,
  writeReceipt,
  type Pending,
  type Receipt,
} from '../../lib/migrations/receipt.ts';

const NOW = Date.parse('2026-11-29T16:00:00Z');
const HOUR = 3600;

const revision = (id: string, sha256 = `of ${id}`): Receipt['revisions'][number] => ({
  ...{ revision: id, way: 'up', file: `${id}.py`, sha256, downgrade: 'there' },
});

const RECEIPT: Receipt = {
  ...{ format: 2, environment: 'vm_prod', time: '2026-11-29T15:30:00.000Z', on: 'local_demo' },
  ...{ serverVersion: '17.2', data: true, way: 'up', target: 'head', from: ['1'], to: ['3'], migrated: true },
  backup: { file: 'backups/a.dump', sha256: 'x', time: '2026-11-29T14:00:00.000Z', proven: true },
  schema: { before: 'before', after: 'after', pgDump: 'bundled', version: '17.5' },
  ...{ without: [], by: 'alembic 1.8.1' },
  revisions: [revision('2'), revision('3')],
  ...{ statements: [], held: [], emptied: [], rows: { before: {}, after: {} }, lost: [], hazards: [] },
  limits: DEFAULT_LIMITS,
};

const PENDING: Pending = {
  ...{ environment: 'vm_prod', way: 'up', serverVersion: '17.5', from: ['1'] },
  revisions: [revision('2'), revision('3')],
  ...{ maxAge: 3 * HOUR, now: NOW },
};

test('a rehearsal of exactly this migration fits', () => {
  expect(fittingReceipt([RECEIPT], PENDING)).toEqual({ receipt: RECEIPT });
});

test.each<[what: string, receipt: Partial<Receipt>, pending: Partial<Pending>, why: string]>([
  ['another environment', { environment: 'vm_stg' }, {}, 'the rehearsal was of vm_stg'],
  ['a failed one', { migrated: false }, {}, 'the rehearsal failed'],
  ['another way', { way: 'down' }, {}, 'the rehearsal was down from 1'],
  ['from elsewhere', {}, { from: ['0'] }, 'the rehearsal was up from 1'],
  ['from nothing', { from: [] }, {}, 'the rehearsal was up from no revision'],
  [
    'an edited file',
    {},
    { revisions: [revision('2'), revision('3', 'edited')] },
    'the file of 3 was changed after the rehearsal',
  ],
  ['one more', {}, { revisions: [revision('2'), revision('3'), revision('4')] }, '4 was not rehearsed'],
  ['one between', {}, { revisions: [revision('2'), revision('2b'), revision('3')] }, '2b was not rehearsed'],
  ['one less', {}, { revisions: [revision('2')] }, 'the rehearsal went on to 3'],
  [
    'an unreadable file',
    { revisions: [{ ...revision('2'), sha256: null }] },
    { revisions: [{ revision: '2', sha256: null }] },
    'the file of a revision cannot be read',
  ],
  ['another server', { serverVersion: '16.9' }, {}, 'the rehearsal was on PostgreSQL 16.9, and this is 17.5'],
  ['an old backup', {}, { maxAge: HOUR }, 'the backup of the rehearsal is 2 h old'],
  ['an old one of the schema', { backup: null }, { maxAge: 60 }, 'the rehearsal is 30 min old'],
  [
    'the future',
    {},
    { now: NOW - 10 * HOUR * 1000 },
    'the rehearsal is from the future: one of the clocks is wrong',
  ],
])('%s does not fit', (_what, receipt, pending, why) => {
  expect(fittingReceipt([{ ...RECEIPT, ...receipt }], { ...PENDING, ...pending })).toEqual({
    ...{ receipt: undefined, why },
  });
});

test('an older one that fits counts; why is said of the newest', () => {
  const failed = { ...RECEIPT, migrated: false };
  expect(fittingReceipt([failed, RECEIPT], PENDING)).toEqual({ receipt: RECEIPT });
  expect(fittingReceipt([failed, { ...RECEIPT, from: [] }], PENDING)).toMatchObject({
    why: 'the rehearsal failed',
  });
  expect(fittingReceipt([], PENDING)).toMatchObject({ why: 'it was not rehearsed' });
});

test('whatever is changed of what it says about the migration, it does not fit', () => {
  const ids = fc.array(fc.constantFrom('1', '2', '3'), { maxLength: 3 });
  fc.assert(
    fc.property(ids, ids, ids, ids, (from, then, otherFrom, now) => {
      const receipt = { ...RECEIPT, from, revisions: then.map((id) => revision(id)) };
      const pending = { ...PENDING, from: otherFrom, revisions: now.map((id) => revision(id)) };
      const same = [...from].sort().join() === [...otherFrom].sort().join() && then.join() === now.join();
      expect(fittingReceipt([receipt], pending).receipt !== undefined).toBe(same);
    }),
  );
});

test('is kept where only its owner reads it, and is found again, the newest first', async () => {
  const root = mkdtempSync(join(tmpdir(), 'makesafe-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  expect(readReceipts(root, 'vm_prod')).toEqual([]);
  const older = { ...RECEIPT, time: '2026-11-28T00:00:00.000Z' };
  const other = { ...RECEIPT, environment: 'vm_stg' };
  for (const receipt of [older, RECEIPT, other]) await writeReceipt(root, receipt);
  const file = receiptFile(RECEIPT);
  expect(file).toBe('journal/rehearsals/vm_prod.20261129T153000Z.json');
  expect(statSync(join(root, file)).mode & 0o777).toBe(0o600);
  writeFileSync(join(root, 'journal/rehearsals/vm_prod.20261129T160000Z.json'), 'half a fi');
  expect(readReceipts(root, 'vm_prod')).toEqual([RECEIPT, older]);
});

/** With a key that only the owner of the password has. */
const sealer = (password: string): Parameters<typeof isSealed>[0] => ({
  seal: (text, salt) => keyedDigest(password, text, salt),
});

test('is believed with its seal only, whatever is changed in it', async () => {
  const stack = sealer('a password');
  const sealed = await withSeal(stack, RECEIPT);
  const read = parseReceipt(JSON.stringify(sealed))!;
  expect(await isSealed(stack, read)).toBe(true);
  expect(await isSealed(sealer('another'), read)).toBe(false);
  expect(await isSealed(stack, RECEIPT)).toBe(false);
  expect(await withSeal(sealer(''), RECEIPT)).toEqual(RECEIPT);
  const { seal, ...rest } = read;
  for (const field of Object.keys(rest)) {
    const forged = { ...rest, [field]: null, seal } as unknown as Receipt;
    expect([field, await isSealed(stack, forged)]).toEqual([field, false]);
  }
  const harmless = { ...rest, hazards: [{ kind: 'long' }], seal } as unknown as Receipt;
  expect(await isSealed(stack, harmless)).toBe(false);
});

test.each(['', '[]', 'null', '{"format":1}', '{"format":2}', JSON.stringify({ ...RECEIPT, schema: null })])(
  '%j is no receipt',
  (text) => {
    expect(parseReceipt(text)).toBe(undefined);
  },
);
