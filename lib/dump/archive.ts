import { PIECE } from './decompress.ts';
import { LARGE_OBJECTS, TABLE_DATA, integerOf, readToc, type Entry, type Head, type Reading } from './toc.ts';
import type { ByteStream } from './byte-stream.ts';

/** The table of contents of a dump in custom or directory format. */
export interface ArchiveHead extends Head {
  readonly entries: readonly Entry[];
}

/** A whole table of contents, and where it comes from; of a plain dump as much as it says. */
export type Archive = Pick<
  ArchiveHead,
  'version' | 'database' | 'serverVersion' | 'pgDumpVersion' | 'entries'
>;

/** One run of data: a table's, or one large object's. */
export interface Data {
  readonly entry: number;
  /** The large object's. */
  readonly oid?: number;
  /** As they are in the file: compressed, when the head says so. To be read to its end. */
  readonly bytes: AsyncIterable<Buffer>;
}

/**
 * Reads the head of a dump.
 *
 * @throws Error saying what is wrong with it, RangeError when it is cut
 */
export async function readHead(bytes: ByteStream): Promise<ArchiveHead> {
  const entries: Entry[] = [];
  const head = await read(
    bytes,
    readToc((entry) => entries.push(entry)),
  );
  return { ...head, entries };
}

/**
 * Bytes of a table of contents, which is held whole, and of one part of it. 10,000 tables have 26 MB; a file that says that
 * a name of it has a gigabyte is damaged.
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
 * The data of a custom-format dump, in the order in which they stand in it (the format of pg_backup_custom.c).
 *
 * @throws Error when there is less, more or something else than the table of contents says
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

/** pg_dump writes 4 KB at a time. Each piece passes through several streams, so that larger ones take less time. */
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

/** A server's version without its minor number: 17 of `17.11 (Debian …)`. */
export const majorVersion = (version: string): number => Number.parseInt(version, 10);

/** `TABLE mart.suppliers` */
export const placeOf = ({ kind, schema, name }: Entry): string =>
  `${kind} ${schema === '' ? '' : `${schema}.`}${name}`;
