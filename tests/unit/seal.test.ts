import { expect, test } from 'vitest';
import type { BackupFacts } from '../../lib/database/backup/backup-facts.ts';
import { keyedDigest } from '../../lib/stack/seal.ts';
import { isSealed, withSeal } from '../../lib/database/backup/seal.ts';

const FACTS: BackupFacts = {
  ...{ environment: 'vm_prod', database: 'core', databaseOid: '16384', systemIdentifier: '77' },
  ...{ serverVersion: '17.11', revisions: [], format: 'custom', tables: 3, size: 4, databaseSize: 8 },
  ...{ sha256: 'aa', time: '2026-04-01T09:30:00.000Z' },
};
const knowing = (password: string) => ({
  seal: (text: string, salt: string) => keyedDigest(password, text, salt),
});

test('facts are sealed by the password of the environment', async () => {
  const facts = await withSeal(knowing('secret'), FACTS);
  expect(await isSealed(knowing('secret'), JSON.parse(JSON.stringify(facts)) as BackupFacts)).toBe(true);
  // What a later look adds to them changes nothing.
  expect(await isSealed(knowing('secret'), { ...facts, tables: 4 })).toBe(true);
  expect(await isSealed(knowing('another'), facts)).toBe(false);
  expect(await isSealed(knowing(''), facts)).toBe(false);
  expect(await isSealed(knowing('secret'), FACTS)).toBe(false);
  expect(JSON.stringify(facts)).not.toContain('secret');
});

test.each<[string, Partial<BackupFacts>]>([
  ['another environment', { environment: 'vm_stg' }],
  ['another file', { sha256: 'bb' }],
  ['another server', { systemIdentifier: '78' }],
  [
    'attributes that it had not',
    { home: { attributes: { owner: 'postgres' } as never, undumped: [], without: [] } },
  ],
])('facts that claim %s are not sealed', async (_what, changed) => {
  const facts = await withSeal(knowing('secret'), FACTS);
  expect(await isSealed(knowing('secret'), { ...facts, ...changed })).toBe(false);
});

test('without a password there is no seal', async () => {
  expect(await withSeal(knowing(''), FACTS)).toEqual(FACTS);
});
