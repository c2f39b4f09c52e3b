import { PIECE } from './decompress.ts';
import {
  LARGE_OBJECTS,
  TABLE_DATA,
  integerOf,
  readToc,
  type TocEntry,
  type Head,
  type Reading,
} from './toc.ts';
import type { ByteStream } from './byte-stream.ts';

/** The table of contents of a dump in custom or directory format. */
export interface ArchiveHead extends Head {
  readonly entries: readonly TocEntry[];
}

/** A table of contents and where it comes from. For a plain dump, as much as the dump says. */
export type Archive = Pick<
  ArchiveHead,
  'version' | 'database' | 'serverVersion' | 'pgDumpVersion' | 'entries'
>;

/** The data of one table, or of one large object. */
export interface Data {
  readonly entry: number;
  /** OID of the large object. */
  readonly oid?: number;
  /** The bytes of the file, still compressed if the head says so. The reader has to read them to the end. */
  readonly bytes: AsyncIterable<Buffer>;
}

/**
 * Reads the head of a dump.
 *
 * @throws Error with what is wrong in it, RangeError if it is cut
 */
export async function readHead(bytes: ByteStream): Promise<ArchiveHead> {
  const entries: TocEntry[] = [];
  const head = await read(
    bytes,
    readToc((entry) => entries.push(entry)),
  );
  return { ...head, entries };
}

/**
 * Bytes of a table of contents, which is held in memory, and of one part of it. 10,000 tables need 26 MB. A file whose
 * table of contents has a name of one gigabyte is damaged.
 */
const LONGEST_TOC = 128 * 1024 ** 2;
const LONGEST_PART = 32 * 1024 ** 2;

async function read<T>(bytes: ByteStream, reading: Reading<T>): Promise<T> {
  let step = reading.next();
  while (!step.done) {
    bytes.skip(step.value.done);
    if (step.value.least > LONGEST_PART || bytes.taken > LONGEST_TOC)
      throw new Error(`its table of contents is too long, at byte ${bytes.taken}`);
    step = reading.next(await bytes.peek(step.value.least));
  }
  return step.value;
}

/**
 * Reads the data of a custom-format dump, in the order of the file (format: pg_backup_custom.c).
 *
 * @throws Error if the data do not match the table of contents
 */
export async function* readData(bytes: ByteStream, head: ArchiveHead): AsyncGenerator<Data> {
  const integer = async (): Promise<number> => integerOf(await bytes.take(1 + head.integerSize));
  for (let left = head.entries.filter(({ hasData }) => hasData).length; left > 0; left--) {
    const type = (await bytes.take(1))[0]!;
    const entry = await integer();
    if (type === LARGE_OBJECTS) {
      for (let oid = await integer(); oid !== 0; oid = await integer()) {
        yield { entry, oid, bytes: gather(chunks(bytes, integer)) };
      }
    } else if (type === TABLE_DATA) {
      yield { entry, bytes: gather(chunks(bytes, integer)) };
    } else {
      throw new Error(`a block of type ${type} is not known`);
    }
  }
  if (!(await bytes.atEnd())) throw new Error('there is more in it than its table of contents says');
}

async function* chunks(bytes: ByteStream, integer: () => Promise<number>): AsyncGenerator<Buffer> {
  for (let length = await integer(); length !== 0; length = await integer()) yield* bytes.pieces(length);
}

/** Joins pieces: pg_dump writes 4 KB at a time, and larger pieces pass faster through several streams. */
async function* gather(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let [parts, size]: [Buffer[], number] = [[], 0];
  for await (const piece of pieces) {
    parts.push(piece);
    size += piece.length;
    if (size < PIECE) continue;
    yield Buffer.concat(parts, size);
    [parts, size] = [[], 0];
  }
  if (size > 0) yield Buffer.concat(parts, size);
}

/** A server's major version: 17 of `17.11 (Debian …)`. */
export const majorVersion = (version: string): number => Number.parseInt(version, 10);

/** `TABLE mart.suppliers` */
export const placeOf = ({ kind, schema, name }: TocEntry): string =>
  `${kind} ${schema === '' ? '' : `${schema}.`}${name}`;
