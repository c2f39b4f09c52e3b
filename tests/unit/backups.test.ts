import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseFacts, type BackupFacts, type TakenBackup } from '../../lib/database/backup/backup-facts.ts';
import { isStillOurs, surplus } from '../../lib/database/backup/backup-retention.ts';
import { ageText, findBackup, isOf, readBackups, verifyBackup } from '../../lib/database/backup/backups.ts';
import { checkSpace, expectedSize } from '../../lib/database/backup/disk-space.ts';
import { checksum } from '../../lib/dump/checksum.ts';
import { progressLine } from '../../lib/output/meter.ts';
import { byteSize } from '../../lib/output/display.ts';
import { removeUnfinished, unfinishedName } from '../../lib/database/backup/unfinished-backups.ts';
import { temporaryFolder } from './support.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const FACTS: BackupFacts = {
  ...{
    environment: 'vm_prod',
    database: 'core',
    databaseOid: '16384',
    systemIdentifier: '7711206351979651003',
  },
  ...{
    serverVersion: '17.11',
    revisions: ['0012'],
    format: 'custom',
    tables: 3,
    size: 4,
    databaseSize: 8_000_000,
  },
  ...{ sha256: sha256('dump'), time: '2026-04-01T09:30:00.000Z' },
};
const NOW = Date.parse(FACTS.time) + 3600_000;

/** A folder with backups that hold their own names. */
function backupsIn(all: Readonly<Record<string, Partial<BackupFacts>>>): string {
  return temporaryFolder(
    Object.fromEntries(
      Object.entries(all).flatMap(([name, facts]) => [
        [`${name}.dump`, name],
        [
          `${name}.dump.json`,
          JSON.stringify({ ...FACTS, size: name.length, sha256: sha256(name), ...facts }),
        ],
      ]),
    ),
  );
}

test.each<[what: string, sought: Parameters<typeof isOf>[1], maxAge: number, expected: boolean]>([
  ['environment and name', { environment: 'vm_prod', database: 'core' }, 7200, true],
  ['to the second', { environment: 'vm_prod', database: 'core' }, 3600, true],
  ['too old', { environment: 'vm_prod', database: 'core' }, 3599, false],
  ['another environment', { environment: 'vm_stg', database: 'core' }, 7200, false],
  ['another database', { environment: 'vm_prod', database: 'Core' }, 7200, false],
  [
    'the very same database',
    {
      environment: 'vm_prod',
      database: 'core',
      databaseOid: '16384',
      systemIdentifier: '7711206351979651003',
    },
    7200,
    true,
  ],
  ['the one before a reset', { environment: 'vm_prod', database: 'core', databaseOid: '16385' }, 7200, false],
  ['another server', { environment: 'vm_prod', database: 'core', systemIdentifier: '1' }, 7200, false],
])('a backup counts for a database: %s', (_what, sought, maxAge, expected) => {
  expect(isOf(FACTS, sought, maxAge, NOW)).toBe(expected);
});

test('a backup of the future does not count, but for a clock that is a little off', () => {
  const sought = { environment: 'vm_prod', database: 'core' };
  expect(isOf(FACTS, sought, 7200, Date.parse(FACTS.time) - 59_000)).toBe(true);
  expect(isOf(FACTS, sought, 7200, Date.parse(FACTS.time) - 61_000)).toBe(false);
});

describe('a folder', () => {
  test('without backups, or that does not exist, has none', () => {
    expect(readBackups('/no/such')).toEqual([]);
    expect(readBackups(temporaryFolder({ 'a.dump': 'x', 'b.dump.json': JSON.stringify(FACTS) }))).toEqual([]);
  });

  test.each(['', '{', 'null', '[]', '{}', JSON.stringify({ ...FACTS, databaseOid: undefined })])(
    'skips facts that are none: %j',
    (text) => {
      expect(parseFacts(text)).toBeUndefined();
      expect(readBackups(temporaryFolder({ 'a.dump': 'x', 'a.dump.json': text }))).toEqual([]);
    },
  );

  test('lists the newest first, whatever their names are', () => {
    const folder = backupsIn({
      c: { time: '2026-04-02T00:00:00Z' },
      a: { time: '2026-04-01T00:00:00Z' },
      b: { time: '2026-04-03T00:00:00Z' },
    });
    expect(readBackups(folder).map(({ file }) => file.slice(-6))).toEqual(['b.dump', 'c.dump', 'a.dump']);
  });

  test('finds the newest that still is what it was', async () => {
    const time = (minutes: number): { time: string } => ({
      time: new Date(Date.now() - minutes * 60_000).toISOString(),
    });
    const folder = backupsIn({
      ...{ changed: time(1), cut: time(2), other: { ...time(3), database: 'other' } },
      ...{ good: time(4), older: time(5) },
    });
    writeFileSync(join(folder, 'changed.dump'), 'CHANGED');
    writeFileSync(join(folder, 'cut.dump'), 'cu');
    const sought = { environment: 'vm_prod', database: 'core' };
    expect((await findBackup(folder, sought, 3600))?.file).toBe(join(folder, 'good.dump'));
    expect(await findBackup(folder, sought, 200)).toBeUndefined();
    const [changed, cut, , good] = readBackups(folder);
    expect(await Promise.all([changed!, cut!, good!].map((one) => verifyBackup(one)))).toEqual([
      false,
      false,
      true,
    ]);
  });

  test('in directory format notices a changed, a missing, an added and a renamed file', async () => {
    const made = (files: Record<string, string>): string => {
      const folder = temporaryFolder();
      mkdirSync(join(folder, 'd'));
      for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, 'd', name), content);
      return join(folder, 'd');
    };
    const sums = await Promise.all(
      [
        { 'toc.dat': 'toc', '1.dat': 'ab' },
        { 'toc.dat': 'toc', '1.dat': 'aB' },
        { 'toc.dat': 'toc' },
        { 'toc.dat': 'toc', '1.dat': 'ab', '2.dat': '' },
        { 'toc.dat': 'toc', '2.dat': 'ab' },
        { 'toc.dat': 'tocab', '1.dat': '' },
      ].map((files) => checksum(made(files))),
    );
    expect(new Set(sums).size).toBe(sums.length);
    expect(await checksum(made({ '1.dat': 'ab', 'toc.dat': 'toc' }))).toBe(sums[0]);
  });
});

test('what a killed backup left is removed, what another process or machine makes is not', async () => {
  const own = basename(unfinishedName('/any/vm_prod_core.dump'));
  const dead = own.replace(`.${process.pid}.`, '.999999999.');
  const elsewhere = dead.replace(`.${hostname()}.`, '.other.');
  const folder = temporaryFolder({
    ...{ 'vm_prod_core.dump': '', 'vm_prod_core.dump.json': '', [own]: '', [elsewhere]: '' },
    ...{ [dead]: '', [`${dead}.json`]: '', [`.${dead}.999999999.partial`]: '' },
  });
  mkdirSync(join(folder, dead.replace('core', 'folder')));
  await removeUnfinished(folder);
  expect(readdirSync(folder).sort()).toEqual(
    [own, elsewhere, 'vm_prod_core.dump', 'vm_prod_core.dump.json'].sort(),
  );
  await removeUnfinished('/no/such');
});

describe('KEEP', () => {
  const backup = (file: string, facts: Partial<BackupFacts> = {}): TakenBackup => ({
    file,
    facts: { ...FACTS, ...facts },
  });
  const all = [
    ...[backup('from the future'), backup('taken'), backup('other', { database: 'other' })],
    ...[backup('2'), backup('stg', { environment: 'vm_stg' }), backup('3')],
  ];

  test.each<[keep: number, removed: string[]]>([
    [1, ['from the future', '2', '3']],
    [2, ['2', '3']],
    [3, ['3']],
    [4, []],
    [9, []],
  ])('%i removes the oldest of this environment and database, never the one just taken', (keep, removed) => {
    expect(surplus(all, keep, all[1]!).map(({ file }) => file)).toEqual(removed);
  });
});

describe('space on the disk', () => {
  test.each<
    [databaseSize: number, earlier: { size: number; databaseSize: number } | undefined, expected: number]
  >([
    [1000, undefined, 1000],
    [1000, { size: 100, databaseSize: 1000 }, 150],
    [4000, { size: 100, databaseSize: 1000 }, 600],
    [1000, { size: 900, databaseSize: 1000 }, 1000],
    [1000, { size: 100, databaseSize: 0 }, 1000],
  ])('a database of %i bytes, after %j: %i', (databaseSize, earlier, expected) => {
    expect(expectedSize(databaseSize, earlier)).toBe(expected);
  });

  test('too little is refused with both figures, also for a folder that is yet to be made', async () => {
    const folder = join(temporaryFolder(), 'not/yet');
    await expect(checkSpace(folder, 1000)).resolves.toBeUndefined();
    await expect(checkSpace(folder, 9e18)).rejects.toThrow(
      /^the backup may need 9000000000\.0 GB, and the disk of .*not\/yet has [\d.]+ [MG]B free$/,
    );
  });
});

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [39_477, '39.5 kB'],
  [999_999, '1000.0 kB'],
  [1_000_000, '1.0 MB'],
  [2_147_483_648, '2.1 GB'],
])('%i bytes are %s', (bytes, text) => {
  expect(byteSize(bytes)).toBe(text);
});

test.each([
  [0, '0 s'],
  [59, '59 s'],
  [60, '1 min'],
  [61, '1 min 1 s'],
  [3600, '1 h'],
  [7261, '2 h 1 min'],
  [86_400 * 3 + 3600 * 4 + 59, '3 d 4 h'],
  [86_400 * 400, '400 d'],
])('%i seconds are %s', (seconds, text) => {
  expect(ageText(seconds)).toBe(text);
});

test('progress says how far and how fast', () => {
  expect(progressLine('backing up core', 512_000_000, 8)).toBe('backing up core … 512.0 MB, 64.0 MB/s');
  expect(progressLine('restoring', 512_000_000, 8, 2_048_000_000)).toBe(
    'restoring … 512.0 MB of 2.0 GB (25 %), 64.0 MB/s',
  );
});

describe('KEEP removes what surely is its own backup', () => {
  const NAME = 'vm_prod_core_20260401_093000.dump';
  const facts = (size: number): BackupFacts => ({ ...FACTS, size });
  const whole = { [NAME]: 'PGDMP-data', [`${NAME}.json`]: '{}' };

  test('a file as it was written, and a folder of what pg_dump writes', () => {
    expect(isStillOurs({ file: join(temporaryFolder(whole), NAME), facts: facts(10) })).toBe(true);
    const folder = temporaryFolder({
      [`${NAME}/toc.dat`]: 'PGDMP',
      [`${NAME}/4242.dat.gz`]: 'xx',
      [`${NAME}/blobs_1.toc`]: '',
      [`${NAME}.json`]: '{}',
    });
    expect(isStillOurs({ file: join(folder, NAME), facts: facts(7) })).toBe(true);
  });

  test.each<[what: string, files: Record<string, string>, name?: string]>([
    ['that is shorter or longer', { ...whole, [NAME]: 'PGDMP-more-data' }],
    ['that is something else', { ...whole, [NAME]: 'my letters' }],
    ['without its facts', { [NAME]: 'PGDMP-data' }],
    ['a folder of something else', { [`${NAME}/letters.txt`]: 'PGDMP-data', [`${NAME}.json`]: '{}' }],
    ['a folder in the dump', { [`${NAME}/toc.dat/x`]: 'PGDMP-data', [`${NAME}.json`]: '{}' }],
    ['of another name', { 'mine.dump': 'PGDMP-data', 'mine.dump.json': '{}' }, 'mine.dump'],
    ['of another environment', { [`x_${NAME}`]: 'PGDMP-data', [`x_${NAME}.json`]: '{}' }, `x_${NAME}`],
    ['that is gone', { [`${NAME}.json`]: '{}' }],
  ])('and nothing %s', (_what, files, name = NAME) => {
    expect(isStillOurs({ file: join(temporaryFolder(files), name), facts: facts(10) })).toBe(false);
  });

  test('nor what a link leads to', () => {
    const folder = temporaryFolder({ 'elsewhere.dump': 'PGDMP-data', [`${NAME}.json`]: '{}' });
    symlinkSync('elsewhere.dump', join(folder, NAME));
    expect(isStillOurs({ file: join(folder, NAME), facts: facts(10) })).toBe(false);
  });
});
