import { FailedError } from '../errors.ts';
import { bytesOf, withBytesOf, type Bytes } from './bytes.ts';

/** What the head of a custom-format dump says. */
export interface ArchiveHead {
  /** 1.14 of PostgreSQL 12 to 15, 1.15 of 16, 1.16 of 17 and 18. */
  readonly version: string;
  readonly database: string;
  /** `17.10` */
  readonly serverVersion: string;
  readonly pgDumpVersion: string;
}

/** One entry of the table of contents. */
export interface Entry {
  readonly id: number;
  /** Object identifiers of its catalog and of itself, `1259/16391`; `0/0` for what is in no catalog. */
  readonly catalog: string;
  /** pg_dump's word: `TABLE`. */
  readonly kind: string;
  readonly schema: string;
  /** pg_dump's tag: `receive_daily`, and for a trigger `receive_daily touch`. */
  readonly name: string;
  /** SQL, of one or several statements. */
  readonly definition: string;
  readonly tablespace: string;
  readonly accessMethod: string;
  readonly owner: string;
  /** Ids of entries that it needs. */
  readonly dependencies: readonly number[];
}

export interface Archive extends ArchiveHead {
  readonly entries: readonly Entry[];
}

const NULL = -1;
/** The state of an entry's offset that says that it has no data. */
const NO_DATA = 3;
/** Types of data blocks. */
const TABLE_DATA = 1;
const LARGE_OBJECTS = 3;

/**
 * Reads a custom-format dump to its end, and with little memory however large it is: its table of contents, and that
 * all data is there.
 *
 * @throws FailedError when it is no such dump, is cut, or of a version that is not known
 */
export function scanArchive(file: string, visit: (entry: Entry) => void = () => {}): ArchiveHead {
  try {
    return withBytesOf(file, (bytes) => scan(bytes, visit));
  } catch (error) {
    const why = error instanceof RangeError ? 'it is cut' : (error as Error).message;
    throw new FailedError(`${file} cannot be read as a dump of pg_dump: ${why}`, { cause: error });
  }
}

/** @throws FailedError as `scanArchive` */
export function readArchive(file: string): Archive {
  const entries: Entry[] = [];
  return { ...scanArchive(file, (entry) => entries.push(entry)), entries };
}

/** @throws Error · RangeError when the bytes end too early */
export function parseArchive(bytes: Buffer): Archive {
  const entries: Entry[] = [];
  return { ...scan(bytesOf(bytes), (entry) => entries.push(entry)), entries };
}

/** The format of pg_backup_archiver.c and pg_backup_custom.c. */
function scan(bytes: Bytes, visit: (entry: Entry) => void): ArchiveHead {
  const byte = (): number => bytes.byte();
  if (bytes.size < 5 || bytes.take(5).toString('latin1') !== 'PGDMP') {
    throw new Error('it does not begin with PGDMP');
  }
  const [major, minor] = [byte(), byte()];
  byte();
  const version = `${major}.${minor}`;
  if (major !== 1 || minor < 14 || minor > 16) throw new Error(`its format ${version} is not known`);
  const integerSize = byte();
  const offsetSize = byte();
  if (byte() !== 1) throw new Error('it is not in the custom format');

  const integer = (): number => {
    const negative = byte() !== 0;
    let value = 0;
    for (let digit = 0; digit < integerSize; digit++) value += byte() * 2 ** (8 * digit);
    return negative ? -value : value;
  };
  const text = (): string | undefined => {
    const length = integer();
    return length <= NULL ? undefined : decode(bytes.take(length));
  };

  // Compression: an algorithm since 1.15, a level before.
  if (minor >= 15) byte();
  else integer();
  for (let part = 0; part < 7; part++) integer();
  const head = {
    version,
    database: text() ?? '',
    serverVersion: text() ?? '',
    pgDumpVersion: text() ?? '',
  };

  const entry = (): Entry => {
    const id = integer();
    // Whether there is a function that writes its data; the offset below says whether there is data.
    integer();
    const catalog = `${text() ?? ''}/${text() ?? ''}`;
    const name = text() ?? '';
    const kind = text() ?? '';
    // The section.
    integer();
    const definition = text() ?? '';
    // Drop and copy statement.
    text();
    text();
    const schema = text() ?? '';
    const tablespace = text() ?? '';
    const accessMethod = text() ?? '';
    // The kind of relation.
    if (minor >= 16) integer();
    const owner = text() ?? '';
    // Whether it had OIDs, of long ago.
    text();
    const dependencies: number[] = [];
    for (let other = text(); other !== undefined; other = text()) dependencies.push(Number(other));
    if (byte() !== NO_DATA) blocks += 1;
    bytes.skip(offsetSize);
    return { id, catalog, kind, schema, name, definition, tablespace, accessMethod, owner, dependencies };
  };
  let blocks = 0;
  for (let left = integer(); left > 0; left--) visit(entry());

  // What follows is the data: blocks of chunks, each with its length in front.
  const chunks = (): void => {
    for (let length = integer(); length !== 0; length = integer()) bytes.skip(length);
  };
  for (; blocks > 0; blocks--) {
    const type = byte();
    integer();
    if (type === LARGE_OBJECTS) while (integer() !== 0) chunks();
    else if (type === TABLE_DATA) chunks();
    else throw new Error(`a block of type ${type} is not known`);
  }
  if (bytes.at !== bytes.size) throw new RangeError('cut');
  return head;
}

/** Text of a database without encoding may be no UTF-8; different bytes then still give different text. */
function decode(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.includes('\uFFFD') && !Buffer.from(text).equals(bytes) ? bytes.toString('latin1') : text;
}
