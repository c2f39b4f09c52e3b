import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { readData, readHead, type ArchiveHead } from '../../lib/dump/archive.ts';
import { ByteStream } from '../../lib/dump/byte-stream.ts';
import { readCustom } from '../../lib/dump/dump-file.ts';
import { compare } from '../../lib/schema/compare/compare.ts';
import { readFileSide } from '../../lib/schema/read/read-file.ts';
import { rejectionOf, temporaryFolder } from './support.ts';

/** One database, dumped by pg_dump 17.11 into a pipe and by the WebAssembly pg_dump into a file (which has offsets). */
const FIXTURES = ['pg_dump_17.dump', 'pg_dump_wasm.dump'];
const parseArchive = (bytes: Buffer): Promise<ArchiveHead> => readCustom(Readable.from([bytes]));
const fixture = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'fixtures', name));

/** What pg_restore --list (17) prints of both. */
const ENTRIES = [
  { kind: 'ENCODING', schema: '', name: 'ENCODING' },
  { kind: 'STDSTRINGS', schema: '', name: 'STDSTRINGS' },
  { kind: 'SEARCHPATH', schema: '', name: 'SEARCHPATH' },
  { kind: 'DATABASE', schema: '', name: 'fixture' },
  { kind: 'SCHEMA', schema: '', name: 'mart "1"' },
  { kind: 'TABLE', schema: 'mart "1"', name: '受入' },
  { kind: 'VIEW', schema: 'public', name: 'v' },
  { kind: 'COMMENT', schema: 'public', name: 'VIEW v' },
  { kind: 'TABLE DATA', schema: 'mart "1"', name: '受入' },
  { kind: 'BLOB METADATA', schema: '', name: '4242' },
  { kind: 'BLOBS', schema: '', name: '4242' },
  { kind: 'CONSTRAINT', schema: 'mart "1"', name: '受入 受入_pkey' },
];

describe.each(FIXTURES)('%s', (name) => {
  const bytes = fixture(name);

  test('is read whole', async () => {
    const { version, database, entries } = await parseArchive(bytes);
    expect({ version, database }).toEqual({ version: '1.16', database: 'fixture' });
    expect(entries).toMatchObject(ENTRIES);
  });

  test.each([1, 7, 4096])('is read from a stream of pieces of %i bytes as from memory', async (size) => {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    );
    const stream = new ByteStream(Readable.from(pieces));
    const head = await readHead(stream);
    expect(head).toMatchObject(await parseArchive(bytes));
    // What follows was not taken away: the data are read to the end of the file.
    const blocks: number[] = [];
    for await (const { entry, bytes: data } of readData(stream, head)) {
      blocks.push(entry);
      for await (const piece of data) expect(piece.length).toBeGreaterThan(0);
    }
    expect(new Set(blocks).size).toBe(head.entries.filter(({ hasData }) => hasData).length);
    expect(stream.taken).toBe(bytes.length);
  });

  test('cut at any byte is refused', async () => {
    const lengths = [...bytes.keys()];
    const accepted = await Promise.all(lengths.map((length) => isAccepted(bytes.subarray(0, length))));
    expect(lengths.filter((length) => accepted[length])).toEqual([]);
  });

  test('with an entry of a kind of tomorrow, makes a comparison incomplete', async () => {
    // A text has its length in front.
    const at = bytes.indexOf(Buffer.concat([Buffer.of(0, 4, 0, 0, 0), Buffer.from('VIEW')])) + 5;
    const altered = Buffer.from(bytes).fill('GRID', at, at + 4);
    const folder = temporaryFolder({ 'new.dump': altered, 'same.dump': bytes });
    const [known, unknown] = await Promise.all(
      ['same.dump', 'new.dump'].map(async (file) =>
        (await readFileSide(join(folder, file))).side({ catalog: false, privileges: false, plain: false }),
      ),
    );
    expect(known!.incomplete).toEqual([]);
    expect(unknown!.incomplete).toEqual([`pg_dump's kind GRID is not known to this version of makesafe`]);
    const options = { ignore: [], privileges: 'left out', limits: [] } as const;
    expect(compare(unknown!, unknown!, options)).toMatchObject({ verdict: 'incomplete', differences: [] });
  });

  test('with another byte at its end is refused', async () => {
    expect(await isAccepted(Buffer.concat([bytes, Buffer.of(0)]))).toBe(false);
  });
});

const isAccepted = (bytes: Buffer): Promise<boolean> =>
  parseArchive(bytes).then(
    () => true,
    () => false,
  );

/** Writes archives as pg_backup_archiver.c does, in the versions that no pg_dump of this machine writes. */
class Writer {
  readonly #bytes: number[] = [];
  readonly #integerSize: number;

  constructor(integerSize = 4) {
    this.#integerSize = integerSize;
  }

  raw(...bytes: number[]): this {
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  integer(value: number): this {
    const digits = Array.from(
      { length: this.#integerSize },
      (_, digit) => (Math.abs(value) >> (8 * digit)) & 255,
    );
    return this.raw(value < 0 ? 1 : 0, ...digits);
  }

  text(value: string | null): this {
    if (value === null) return this.integer(-1);
    const bytes = Buffer.from(value);
    this.integer(bytes.length);
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  get bytes(): Buffer {
    return Buffer.from(this.#bytes);
  }
}

interface Made {
  readonly minor?: number;
  readonly major?: number;
  readonly magic?: string;
  /** 1 is custom, 3 tar, 5 directory. */
  readonly format?: number;
  readonly database?: string | null;
  readonly definition?: string;
}

/** A dump of one table without data that depends on two other entries. */
function make({
  minor = 16,
  major = 1,
  magic = 'PGDMP',
  format = 1,
  database = 'core',
  definition = 'CREATE TABLE mart.receive_daily ();',
}: Made = {}): Buffer {
  const writer = new Writer().raw(...Buffer.from(magic), major, minor, 0, 4, 8, format);
  if (minor >= 15) writer.raw(1);
  else writer.integer(-1);
  for (const part of [59, 30, 14, 23, 10, 126, 0]) writer.integer(part);
  writer.text(database).text('17.10').text('17.11');
  writer.integer(1).integer(218).integer(0).text('1259').text('16391').text('receive_daily').text('TABLE');
  writer.integer(2).text(definition).text('DROP TABLE mart.receive_daily;').text(null);
  writer.text('mart').text('').text('heap');
  if (minor >= 16) writer.integer('r'.charCodeAt(0));
  // The offset of data that does not exist.
  return writer
    .text('app')
    .text('false')
    .text('6')
    .text('7')
    .text(null)
    .raw(3, ...Array<number>(8).fill(0)).bytes;
}

test.each([14, 15, 16])('reads version 1.%i', async (minor) => {
  expect(await parseArchive(make({ minor }))).toEqual({
    ...{ format: 'custom', version: `1.${minor}`, compression: 'gzip', integerSize: 4 },
    database: 'core',
    serverVersion: '17.10',
    pgDumpVersion: '17.11',
    entries: [
      {
        id: 218,
        catalog: '1259/16391',
        kind: 'TABLE',
        schema: 'mart',
        name: 'receive_daily',
        definition: 'CREATE TABLE mart.receive_daily ();',
        drop: 'DROP TABLE mart.receive_daily;',
        copy: '',
        tablespace: '',
        accessMethod: 'heap',
        owner: 'app',
        dependencies: [6, 7],
        hasData: false,
        file: '',
      },
    ],
  });
});

test('a dump whose database has no name', async () => {
  expect((await parseArchive(make({ database: null }))).database).toBe('');
});

test.each<[what: string, bytes: Buffer, why: RegExp]>([
  ['nothing', Buffer.alloc(0), /it is cut/],
  ['plain SQL', Buffer.from('--\n-- PostgreSQL database dump\n--\n'), /PGDMP/],
  ['another magic', make({ magic: 'PGDMX' }), /PGDMP/],
  ['the version before', make({ minor: 13 }), /1\.13 is not known/],
  ['the version after', make({ minor: 17 }), /1\.17 is not known/],
  ['another major version', make({ major: 2 }), /2\.16 is not known/],
  ['a tar', make({ format: 3 }), /a dump in directory format/],
  ['a directory', make({ format: 5 }), /the custom(?: nor in the directory)? format/],
  ['an archive cut in its last byte', make().subarray(0, -1), /./],
])('refuses %s', async (_what, bytes, why) => {
  await expect(parseArchive(bytes)).rejects.toThrow(why);
});

test('text that is no UTF-8 is kept apart', async () => {
  const [one, other] = await Promise.all(
    [0xe4, 0xf6].map(async (letter) => {
      const bytes = make();
      bytes[bytes.indexOf('mart.receive_daily')] = letter;
      return (await parseArchive(bytes)).entries[0]!.definition;
    }),
  );
  expect(one).not.toBe(other);
});

test('an entry that is larger than what is read at once', async () => {
  const folder = temporaryFolder({ 'one.dump': make({ definition: 'x'.repeat(3_000_000) }) });
  const { database, entries } = await readCustom(createReadStream(join(folder, 'one.dump')));
  expect(database).toBe('core');
  expect(entries.map(({ definition }) => definition.length)).toEqual([3_000_000]);
});

test.each<[what: string, content: Buffer, why: string]>([
  ['a cut one', make().subarray(0, 100), 'it is cut'],
  ['one of another version', make({ minor: 17 }), 'its format 1.17 is not known'],
])('the file is named: %s', async (_what, content, why) => {
  const file = join(temporaryFolder({ 'one.dump': content }), 'one.dump');
  expect(await rejectionOf(readFileSide(file))).toMatchObject({
    message: `${file} cannot be read as a dump: ${why}`,
  });
});
