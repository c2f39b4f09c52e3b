/**
 * The table of contents of pg_dump's own formats (pg_backup_archiver.c). How the bytes are come by is for others: the
 * reader asks for so many, and is given them.
 */

/** One entry of the table of contents. */
export interface Entry {
  readonly id: number;
  /** Object identifiers of its catalog and of itself, `1259/16391`; `0/0` for what is in no catalog. */
  readonly catalog: string;
  /** pg_dump's word: `TABLE`, `TABLE DATA`, `COMMENT`. */
  readonly kind: string;
  readonly schema: string;
  /** pg_dump's tag: `receive_daily`, and for a trigger `receive_daily touch`. */
  readonly name: string;
  /** SQL, of one or several statements. */
  readonly definition: string;
  /** `COPY … FROM stdin;`, or empty when the data are statements. */
  readonly copy: string;
  readonly tablespace: string;
  readonly accessMethod: string;
  readonly owner: string;
  /** Ids of entries that it needs. */
  readonly dependencies: readonly number[];
  readonly hasData: boolean;
  /** Directory format: the file of its data. */
  readonly file: string;
}

export type Compression = 'none' | 'gzip' | 'lz4' | 'zstd';

/** What stands in front of the entries. */
export interface Head {
  readonly format: 'custom' | 'directory';
  /** 1.14 of PostgreSQL 12 to 15, 1.15 of 16, 1.16 of 17 and 18. */
  readonly version: string;
  readonly compression: Compression;
  readonly database: string;
  /** `17.11 (Debian …)` */
  readonly serverVersion: string;
  readonly pgDumpVersion: string;
  /** Bytes of an integer's value; its sign is one more in front. */
  readonly integerSize: number;
}

/** Types of data blocks behind the table of contents of the custom format (pg_backup_custom.c). */
export const TABLE_DATA = 1;
export const LARGE_OBJECTS = 3;

const COMPRESSIONS = ['none', 'gzip', 'lz4', 'zstd'] as const;
/** A dump in directory format calls itself tar, which has the same table of contents. */
const FORMATS: Readonly<Record<number, Head['format']>> = { 1: 'custom', 3: 'directory' };
/** The state of an entry's offset that says that it has no data. */
const NO_DATA = 3;

/** Asks for bytes by their count; is given them, valid until it asks again. */
export type Reading<T> = Generator<number, T, Buffer>;

/**
 * @param visit is given the entries in their order
 * @throws Error saying what is wrong with it
 */
export function* readToc(visit: (entry: Entry) => void): Reading<Head> {
  if ((yield 5).toString('latin1') !== 'PGDMP') throw new Error('it does not begin with PGDMP');
  const [major, minor] = bytesOf(yield 3);
  const version = `${major}.${minor}`;
  if (major !== 1 || minor! < 14 || minor! > 16) throw new Error(`its format ${version} is not known`);
  const [integerSize, offsetSize, code] = bytesOf(yield 3);
  const format = FORMATS[code!];
  if (format === undefined) throw new Error('it is neither in the custom nor in the directory format');

  const integer = (): Reading<number> => readInteger(integerSize!);
  function* text(): Reading<string> {
    return (yield* maybeText()) ?? '';
  }
  function* maybeText(): Reading<string | undefined> {
    const length = yield* integer();
    return length < 0 ? undefined : decode(yield length);
  }

  // Before 1.15 it is a level, of gzip.
  const level = minor! >= 15 ? (yield 1)[0]! : yield* integer();
  const compression = minor! >= 15 ? COMPRESSIONS[level] : level === 0 ? 'none' : 'gzip';
  if (compression === undefined) throw new Error(`its compression ${level} is not known`);
  // The time.
  for (let part = 0; part < 7; part++) yield* integer();
  const database = yield* text();
  const serverVersion = yield* text();
  const pgDumpVersion = yield* text();

  for (let left = yield* integer(); left > 0; left--) {
    const id = yield* integer();
    // Whether there is a function that writes its data; the offset below says whether there is data.
    yield* integer();
    const catalog = `${yield* text()}/${yield* text()}`;
    const name = yield* text();
    const kind = yield* text();
    // The section.
    yield* integer();
    const definition = yield* text();
    // The statement that drops it.
    yield* text();
    const copy = yield* text();
    const schema = yield* text();
    const tablespace = yield* text();
    const accessMethod = yield* text();
    // The kind of relation.
    if (minor! >= 16) yield* integer();
    const owner = yield* text();
    // Whether it had OIDs, of long ago.
    yield* text();
    const dependencies: number[] = [];
    for (let other = yield* maybeText(); other !== undefined; other = yield* maybeText()) {
      dependencies.push(Number(other));
    }
    const file = format === 'directory' ? yield* text() : '';
    const hasData = format === 'directory' ? file !== '' : (yield 1 + offsetSize!)[0] !== NO_DATA;
    visit({
      ...{ id, catalog, kind, schema, name, definition, copy, tablespace, accessMethod, owner },
      ...{ dependencies, hasData, file },
    });
  }
  return { format, version, compression, database, serverVersion, pgDumpVersion, integerSize: integerSize! };
}

/** A sign and a value, the lowest digit first. */
export function* readInteger(size: number): Reading<number> {
  const digits = yield 1 + size;
  const value = digits.readUIntLE(1, size);
  return digits[0] === 0 ? value : -value;
}

const bytesOf = (bytes: Buffer): number[] => [...bytes];

/** Text of a database without encoding may be no UTF-8; different bytes then still give different text. */
function decode(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.includes('\uFFFD') && !Buffer.from(text).equals(bytes) ? bytes.toString('latin1') : text;
}
