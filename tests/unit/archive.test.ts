import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FailedError } from '../../lib/errors.ts';
import { parseArchive, readArchive } from '../../lib/schema/archive.ts';
import { temporaryFolder } from './support.ts';

/** Writes the table of contents as pg_backup_archiver.c does. */
function archive(
  minor: number,
  entries: [kind: string, schema: string | null, name: string, dependencies: string[]][],
): Buffer {
  const bytes: number[] = [];
  const integer = (value: number): void => {
    bytes.push(value < 0 ? 1 : 0);
    for (let digit = 0, left = Math.abs(value); digit < 4; digit++, left = Math.floor(left / 256))
      bytes.push(left % 256);
  };
  const text = (value: string | null): void => {
    if (value === null) return integer(-1);
    const encoded = Buffer.from(value);
    integer(encoded.length);
    bytes.push(...encoded);
  };
  bytes.push(...Buffer.from('PGDMP'), 1, minor, 0, 4, 8, 1);
  if (minor >= 15) bytes.push(1);
  else integer(-1);
  [1, 2, 3, 4, 5, 126, 0].forEach(integer);
  text('core_stg');
  text('17.11');
  text('17.11');
  integer(entries.length);
  entries.forEach(([kind, schema, name, dependencies], index) => {
    integer(index + 1);
    integer(1);
    text('1259');
    text(String(16384 + index));
    text(name);
    text(kind);
    integer(2);
    text(`CREATE ${kind} ${name};\n`);
    text('');
    text(null);
    text(schema);
    text('');
    text('heap');
    if (minor >= 16) integer(114);
    text('app');
    text('false');
    dependencies.forEach(text);
    text(null);
    bytes.push(2, ...Array<number>(8).fill(7));
  });
  return Buffer.from(bytes);
}

const ENTRIES: Parameters<typeof archive>[1] = [
  ['SCHEMA', null, 'mart', []],
  ['TABLE', 'mart', '受入 "日次"', ['1', '22']],
  ['FUNCTION', 'mart', 'f(integer, text)', ['1']],
];

test.each([14, 15, 16])('version 1.%d', (minor) => {
  expect(parseArchive(archive(minor, ENTRIES))).toEqual({
    version: `1.${minor}`,
    database: 'core_stg',
    entries: ENTRIES.map(([kind, schema, name]) => ({ kind, schema: schema ?? '', name })),
  });
});

test('no entries', () => {
  expect(parseArchive(archive(16, [])).entries).toEqual([]);
});

test('cut anywhere, it is never taken for whole', () => {
  const whole = archive(16, ENTRIES);
  for (let length = 0; length < whole.length; length++) {
    expect(() => parseArchive(whole.subarray(0, length))).toThrow();
  }
  expect(() => parseArchive(whole)).not.toThrow();
});

test.each<[what: string, change: (bytes: Buffer) => void, message: string]>([
  ['another file', (bytes) => bytes.write('PGDMQ'), 'it does not begin with PGDMP'],
  ['an older format', (bytes) => (bytes[6] = 13), 'its format 1.13 is not known'],
  ['a newer format', (bytes) => (bytes[6] = 17), 'its format 1.17 is not known'],
  ['another major format', (bytes) => (bytes[5] = 2), 'its format 2.16 is not known'],
  ['tar or directory', (bytes) => (bytes[10] = 3), 'it is not in the custom format'],
])('%s', async (_what, change, message) => {
  const bytes = archive(16, ENTRIES);
  change(bytes);
  const file = join(temporaryFolder({ dump: bytes }), 'dump');
  await expect(readArchive(file)).rejects.toThrow(
    new FailedError(`${file} cannot be read as a dump of pg_dump: ${message}`),
  );
});

test('a cut file is said to be one', async () => {
  const file = join(temporaryFolder({ dump: archive(16, ENTRIES).subarray(0, 150) }), 'dump');
  await expect(readArchive(file)).rejects.toThrow(`${file} cannot be read as a dump of pg_dump: it is cut`);
});
