import type { ByteStream } from './byte-stream.ts';

/** An entry of the table of contents of a dump in custom or directory format. */
export interface Entry {
  readonly id: number;
  /** `TABLE`, `TABLE DATA`, `COMMENT`, … */
  readonly kind: string;
  readonly schema: string;
  readonly name: string;
  readonly definition: string;
  /** `COPY … FROM stdin;`, or empty when the data are statements. */
  readonly copy: string;
  readonly tablespace: string;
  readonly accessMethod: string;
  readonly hasData: boolean;
  /** Directory format: the file of its data. */
  readonly file: string;
}

export type Compression = 'none' | 'gzip' | 'lz4' | 'zstd';

export interface ArchiveHead {
  readonly format: 'custom' | 'directory';
  /** 1.14 of PostgreSQL 12 to 15, 1.15 of 16, 1.16 of 17 and 18. */
  readonly version: string;
  readonly compression: Compression;
  readonly database: string;
  /** Version of the server that was dumped: `17.11 (Debian …)`. */
  readonly server: string;
  readonly entries: readonly Entry[];
  /** Reads an integer of the data that follows. */
  readonly integer: () => Promise<number>;
}

/** One run of data: a table's, or one large object's. */
export interface Data {
  readonly entry: number;
  /** The large object's. */
  readonly oid?: number;
  /** As they are in the file: compressed, when the head says so. To be read to its end. */
  readonly bytes: AsyncIterable<Buffer>;
}

const COMPRESSIONS = ['none', 'gzip', 'lz4', 'zstd'] as const;
/** A dump in directory format calls itself tar, which has the same table of contents. */
const FORMATS: Readonly<Record<number, ArchiveHead['format']>> = { 1: 'custom', 3: 'directory' };
/** The state of an entry's offset that says that it has no data. */
const NO_DATA = 3;
/** Types of data blocks. */
const TABLE_DATA = 1;
const LARGE_OBJECTS = 3;

/**
 * Reads the head of a dump (the format of pg_backup_archiver.c).
 *
 * @throws Error saying what is wrong with it, RangeError when it is cut
 */
export async function readHead(bytes: ByteStream): Promise<ArchiveHead> {
  const byte = async (): Promise<number> => (await bytes.take(1))[0]!;
  if ((await bytes.take(5)).toString('latin1') !== 'PGDMP') throw new Error('it does not begin with PGDMP');
  const [major, minor] = await bytes.take(3);
  const version = `${major}.${minor}`;
  if (major !== 1 || minor! < 14 || minor! > 16) throw new Error(`its format ${version} is not known`);
  const [integerSize, offsetSize, formatCode] = await bytes.take(3);
  const format = FORMATS[formatCode!];
  if (format === undefined) throw new Error('it is neither in the custom nor in the directory format');

  const integer = async (): Promise<number> => {
    const digits = await bytes.take(1 + integerSize!);
    const value = digits.readUIntLE(1, integerSize!);
    return digits[0] === 0 ? value : -value;
  };
  const text = async (): Promise<string | undefined> => {
    const length = await integer();
    return length < 0 ? undefined : (await bytes.take(length)).toString();
  };

  const level = minor! >= 15 ? await byte() : await integer();
  // Before 1.15 it is a level, of gzip.
  const compression = minor! >= 15 ? COMPRESSIONS[level] : level === 0 ? 'none' : 'gzip';
  if (compression === undefined) throw new Error(`its compression ${level} is not known`);
  for (let part = 0; part < 7; part++) await integer();
  const database = (await text()) ?? '';
  const server = (await text()) ?? '';
  await text();

  const entries: Entry[] = [];
  for (let left = await integer(); left > 0; left--) {
    const id = await integer();
    await integer();
    await text();
    await text();
    const name = (await text()) ?? '';
    const kind = (await text()) ?? '';
    await integer();
    const definition = (await text()) ?? '';
    await text();
    const copy = (await text()) ?? '';
    const schema = (await text()) ?? '';
    const tablespace = (await text()) ?? '';
    const accessMethod = (await text()) ?? '';
    if (minor! >= 16) await integer();
    await text();
    await text();
    while ((await text()) !== undefined);
    let hasData: boolean;
    let file = '';
    if (format === 'directory') {
      file = (await text()) ?? '';
      hasData = file !== '';
    } else {
      hasData = (await bytes.take(1 + offsetSize!))[0] !== NO_DATA;
    }
    entries.push({
      ...{ id, kind, schema, name, definition, copy, tablespace, accessMethod, hasData, file },
    });
  }
  return { format, version, compression, database, server, entries, integer };
}

/**
 * The data of a custom-format dump, in the order in which they stand in it (the format of pg_backup_custom.c).
 *
 * @throws Error when there is less, more or something else than the table of contents says
 */
export async function* readData(bytes: ByteStream, head: ArchiveHead): AsyncGenerator<Data> {
  const { integer } = head;
  for (let left = head.entries.filter(({ hasData }) => hasData).length; left > 0; left--) {
    const type = (await bytes.take(1))[0]!;
    const entry = await integer();
    if (type === LARGE_OBJECTS) {
      for (let oid = await integer(); oid !== 0; oid = await integer()) {
        yield { entry, oid, bytes: chunks(bytes, integer) };
      }
    } else if (type === TABLE_DATA) {
      yield { entry, bytes: chunks(bytes, integer) };
    } else {
      throw new Error(`a block of type ${type} is not known`);
    }
  }
  if (!(await bytes.atEnd())) throw new Error('there is more in it than its table of contents says');
}

async function* chunks(bytes: ByteStream, integer: () => Promise<number>): AsyncGenerator<Buffer> {
  for (let length = await integer(); length !== 0; length = await integer()) yield* bytes.pieces(length);
}

/** A server's version without its minor number: 17 of `17.11 (Debian …)`. */
export const majorVersion = (version: string): number => Number.parseInt(version, 10);
