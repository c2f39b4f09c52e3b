import { readFile } from 'node:fs/promises';
import { FailedError } from '../errors.ts';

/** What the head of a custom-format dump says. */
export interface Archive {
  /** 1.14 of PostgreSQL 12 to 15, 1.15 of 16, 1.16 of 17. */
  readonly version: string;
  readonly database: string;
  /** Descriptions and tags of its entries, in order: `TABLE`, `receive_daily`. */
  readonly entries: readonly { readonly kind: string; readonly schema: string; readonly name: string }[];
}

const NULL = -1;
/** The state of an entry's offset that says that it has no data. */
const NO_DATA = 3;
/** Types of data blocks. */
const TABLE_DATA = 1;
const LARGE_OBJECTS = 3;

/**
 * Reads a custom-format dump to its end: its table of contents, and that all data is there (the format of
 * pg_backup_archiver.c and pg_backup_custom.c).
 *
 * @throws FailedError when it is no such dump, is cut, or of a version that is not known
 */
export async function readArchive(file: string): Promise<Archive> {
  const bytes = await readFile(file);
  try {
    return parseArchive(bytes);
  } catch (error) {
    const why = error instanceof RangeError ? 'it is cut' : (error as Error).message;
    throw new FailedError(`${file} cannot be read as a dump of pg_dump: ${why}`, { cause: error });
  }
}

/** @throws Error · RangeError when the bytes end too early */
export function parseArchive(bytes: Buffer): Archive {
  let at = 0;
  const byte = (): number => bytes.readUInt8(at++);
  if (bytes.toString('latin1', 0, 5) !== 'PGDMP') throw new Error('it does not begin with PGDMP');
  at = 5;
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
    if (length <= NULL) return undefined;
    if (at + length > bytes.length) throw new RangeError('cut');
    const found = bytes.toString('utf8', at, at + length);
    at += length;
    return found;
  };

  // Compression: an algorithm since 1.15, a level before.
  if (minor >= 15) byte();
  else integer();
  for (let part = 0; part < 7; part++) integer();
  const database = text() ?? '';
  text();
  text();
  let blocks = 0;
  const entries: { kind: string; schema: string; name: string }[] = [];
  for (let left = integer(); left > 0; left--) {
    integer();
    integer();
    text();
    text();
    const name = text() ?? '';
    const kind = text() ?? '';
    integer();
    // Definition, drop and copy statement.
    for (let statement = 0; statement < 3; statement++) text();
    const schema = text() ?? '';
    // Tablespace, access method, and since 1.16 the kind of relation.
    text();
    text();
    if (minor >= 16) integer();
    text();
    text();
    while (text() !== undefined);
    if (byte() !== NO_DATA) blocks += 1;
    at += offsetSize;
    entries.push({ kind, schema, name });
  }

  // What follows is the data: blocks of chunks, each with its length in front.
  const chunks = (): void => {
    for (let length = integer(); length !== 0; length = integer()) at += length;
  };
  for (; blocks > 0; blocks--) {
    const type = byte();
    integer();
    if (type === LARGE_OBJECTS) while (integer() !== 0) chunks();
    else if (type === TABLE_DATA) chunks();
    else throw new Error(`a block of type ${type} is not known`);
  }
  if (at !== bytes.length) throw new RangeError('cut');
  return { version, database, entries };
}
