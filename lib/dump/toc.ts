/**
 * Parses the table of contents of pg_dump's archive formats (pg_backup_archiver.c). Does no I/O: the parser yields a
 * request for bytes, and its caller supplies them.
 */

import { decode, decoderOf } from './encodings.ts';

/** One entry of the table of contents. */
export interface TocEntry {
  readonly id: number;
  /** OIDs of its catalog and of the object, `1259/16391`; `0/0` if it is in no catalog. */
  readonly catalog: string;
  /** pg_dump's name for it: `TABLE`, `TABLE DATA`, `COMMENT`. */
  readonly kind: string;
  readonly schema: string;
  /** pg_dump's tag: `receive_daily`, and for a trigger `receive_daily touch`. */
  readonly name: string;
  /** One or several SQL statements. */
  readonly definition: string;
  /** The statement that drops it; empty if it is not an object of its own. */
  readonly drop: string;
  /** `COPY … FROM stdin;`; empty if the data are INSERT statements. */
  readonly copy: string;
  readonly tablespace: string;
  readonly accessMethod: string;
  readonly owner: string;
  /** Ids of the entries that it depends on. */
  readonly dependencies: readonly number[];
  readonly hasData: boolean;
  /** Directory format: the name of its data file. */
  readonly file: string;
}

export type Compression = 'none' | 'gzip' | 'lz4' | 'zstd';

/** What comes before the entries. */
export interface Head {
  readonly format: 'custom' | 'directory';
  /** 1.14 of PostgreSQL 12 to 15, 1.15 of 16, 1.16 of 17 and 18. */
  readonly version: string;
  readonly compression: Compression;
  readonly database: string;
  /** `17.11 (Debian …)` */
  readonly serverVersion: string;
  readonly pgDumpVersion: string;
  /** Bytes of an integer, without the byte for its sign in front. */
  readonly integerSize: number;
}

/** Types of data blocks that follow the table of contents in custom format (pg_backup_custom.c). */
export const TABLE_DATA = 1;
export const LARGE_OBJECTS = 3;

const COMPRESSIONS = ['none', 'gzip', 'lz4', 'zstd'] as const;
/** A dump in directory format says that it is tar, which has the same table of contents. */
const FORMATS: Readonly<Record<number, Head['format']>> = { 1: 'custom', 3: 'directory' };
/** The offset state of an entry without data. */
const NO_DATA = 3;

/** The parser's request for more bytes. */
interface Look {
  /** How many bytes of the previous answer it no longer needs. */
  readonly done: number;
  /** The least number of bytes that it needs. The caller may give more, which saves further requests. */
  readonly least: number;
}

export type Reading<T> = Generator<Look, T, Buffer>;

/**
 * @param visit is called with each entry, in order
 * @throws Error with what is wrong in it
 */
export function* readToc(visit: (entry: TocEntry) => void): Reading<Head> {
  const cursor = new Cursor();
  const head = yield* once(cursor, () => headAt(cursor));
  for (let left = yield* once(cursor, () => cursor.integer()); left > 0; left--) {
    const entry = yield* once(cursor, () => entryAt(cursor, head));
    if (entry.kind === 'ENCODING') cursor.decode = decoderOf(entry.definition);
    visit(entry);
  }
  yield { done: cursor.at, least: 0 };
  const { format, version, compression, database, serverVersion, pgDumpVersion, integerSize } = head;
  return { format, version, compression, database, serverVersion, pgDumpVersion, integerSize };
}

/** Runs `work` again from its start until there are enough bytes for all of it. */
function* once<T>(cursor: Cursor, work: () => T): Reading<T> {
  for (;;) {
    const from = cursor.at;
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Short)) throw error;
      cursor.bytes = yield { done: from, least: error.needed - from };
      cursor.at = 0;
    }
  }
}

class Short extends Error {
  needed = 0;
}

/** A position in the available bytes. To read beyond their end throws `Short`. */
class Cursor {
  bytes: Buffer = Buffer.alloc(0);
  at = 0;
  integerSize = 4;
  /** The archive's encoding, which its first entry defines. */
  decode = decode;

  /** The position of the next `count` bytes, which are then skipped. */
  skip(count: number): number {
    const from = this.at;
    if (from + count > this.bytes.length) throw Object.assign(new Short(), { needed: from + count });
    this.at += count;
    return from;
  }

  byte(): number {
    return this.bytes[this.skip(1)]!;
  }

  integer(): number {
    return integerAt(this.bytes, this.skip(1 + this.integerSize), this.integerSize);
  }

  skipText(): void {
    this.skip(Math.max(0, this.integer()));
  }

  text(): string {
    return this.maybeText() ?? '';
  }

  maybeText(): string | undefined {
    const length = this.integer();
    if (length < 0) return undefined;
    const from = this.skip(length);
    return length === 0 ? '' : this.decode(this.bytes, from, from + length);
  }
}

interface Layout extends Head {
  readonly minor: number;
  readonly offsetSize: number;
}

function headAt(cursor: Cursor): Layout {
  const from = cursor.skip(5);
  if (cursor.bytes.toString('latin1', from, cursor.at) !== 'PGDMP') {
    throw new Error('it does not begin with PGDMP');
  }
  const [major, minor] = [cursor.byte(), cursor.byte()];
  cursor.byte();
  const version = `${major}.${minor}`;
  if (major !== 1 || minor < 14 || minor > 16) throw new Error(`its format ${version} is not known`);
  const integerSize = (cursor.integerSize = cursor.byte());
  const offsetSize = cursor.byte();
  const format = FORMATS[cursor.byte()];
  if (format === undefined) throw new Error('it is neither in the custom nor in the directory format');
  // Before 1.15 it is the compression level of gzip.
  const level = minor >= 15 ? cursor.byte() : cursor.integer();
  const compression = minor >= 15 ? COMPRESSIONS[level] : level === 0 ? 'none' : 'gzip';
  if (compression === undefined) throw new Error(`its compression ${level} is not known`);
  // The time.
  for (let part = 0; part < 7; part++) cursor.integer();
  const [database, serverVersion, pgDumpVersion] = [cursor.text(), cursor.text(), cursor.text()];
  return {
    ...{ format, version, compression, database, serverVersion, pgDumpVersion },
    ...{ integerSize, minor, offsetSize },
  };
}

function entryAt(cursor: Cursor, { format, minor, offsetSize }: Layout): TocEntry {
  const id = cursor.integer();
  // Whether a function writes its data. Not used: the offset below says whether there are data.
  cursor.integer();
  const catalog = `${cursor.text()}/${cursor.text()}`;
  const name = cursor.text();
  const kind = cursor.text();
  // The section.
  cursor.integer();
  const definition = cursor.text();
  const drop = cursor.text();
  const copy = cursor.text();
  const schema = cursor.text();
  const tablespace = cursor.text();
  const accessMethod = cursor.text();
  // The kind of relation.
  if (minor >= 16) cursor.integer();
  const owner = cursor.text();
  // WITH OIDS, which older PostgreSQL versions had.
  cursor.skipText();
  const dependencies: number[] = [];
  for (let other = cursor.maybeText(); other !== undefined; other = cursor.maybeText()) {
    dependencies.push(Number(other));
  }
  const file = format === 'directory' ? cursor.text() : '';
  const hasData =
    format === 'directory' ? file !== '' : cursor.bytes[cursor.skip(1 + offsetSize)] !== NO_DATA;
  // Not with spread syntax, which is slower: there may be 100,000 entries.
  return {
    id,
    catalog,
    kind,
    schema,
    name,
    definition,
    drop,
    copy,
    tablespace,
    accessMethod,
    owner,
    dependencies,
    hasData,
    file,
  };
}

/** A sign byte, then the value, little-endian. */
function integerAt(bytes: Buffer, from: number, size: number): number {
  const value = bytes.readUIntLE(from + 1, size);
  return bytes[from] === 0 ? value : -value;
}

/** Parses the bytes of one integer, with its sign byte. */
export const integerOf = (bytes: Buffer): number => integerAt(bytes, 0, bytes.length - 1);
