import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Readable, Writable, type Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../errors.ts';
import { decompressor, isReadHere } from './decompress.ts';
import type { Compression, TocEntry } from './toc.ts';
import { readData, readHead, type ArchiveHead, type Data } from './archive.ts';
import { ByteStream } from './byte-stream.ts';

/**
 * No stage for a compression that makesafe cannot read: then only the frame is checked, and pg_restore checks the
 * contents.
 */
function stagesFor(compression: Compression): Duplex[] {
  const stage = isReadHere(compression) ? decompressor(compression) : undefined;
  return stage ? [stage] : [];
}

/** The compression of a data file in directory format, by the name that pg_dump gives it. */
export const compressionOf = (path: string): Compression =>
  SUFFIXES.find(([suffix]) => suffix !== '' && path.endsWith(suffix))?.[1] ?? 'none';

const SUFFIXES = [
  ['', 'none'],
  ['.gz', 'gzip'],
  ['.lz4', 'lz4'],
  ['.zst', 'zstd'],
] as const;

/** A stream that discards its input. @param see gets each chunk before */
export const nowhere = (see: (bytes: Buffer) => void = () => {}): Writable =>
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      see(chunk);
      done();
    },
  });

/** Gets the decompressed data of an entry, piece by piece. */
export type SeeData = (entry: number, bytes: Buffer) => void;

/**
 * Reads a custom-format dump to its end, without decompressing the data.
 *
 * @param see has to read the data that it gets to their end
 * @throws Error with what is wrong in it
 */
export async function readCustom(
  source: Readable,
  see: (data: Data, head: ArchiveHead) => Promise<unknown> = passOver,
): Promise<ArchiveHead> {
  return named(async () => {
    const bytes = new ByteStream(source);
    const head = await readHead(bytes);
    if (head.format !== 'custom') throw new Error('it is the toc.dat of a dump in directory format');
    for await (const data of readData(bytes, head)) await see(data, head);
    return head;
  });
}

const passOver = ({ bytes }: Data): Promise<unknown> => pipeline(Readable.from(bytes), nowhere());

/** Like `readCustom`, but decompresses the data if makesafe can. */
export const decodeCustom = (source: Readable, see: SeeData = () => {}): Promise<ArchiveHead> =>
  readCustom(source, ({ entry, bytes }, { compression }) =>
    pipeline([Readable.from(bytes), ...stagesFor(compression), nowhere((piece) => see(entry, piece))]),
  );

/**
 * Like `decodeCustom`, for a dump in directory format.
 *
 * @throws Error with what is wrong in it
 */
export async function decodeDirectory(folder: string, see: SeeData = () => {}): Promise<ArchiveHead> {
  return named(async () => {
    const toc = createReadStream(existing(folder, 'toc.dat'));
    const bytes = new ByteStream(toc);
    const head = await readHead(bytes);
    if (!(await bytes.atEnd())) throw new Error('its toc.dat goes on behind its end');
    for (const { entry, path } of dataFiles(folder, head)) {
      await pipeline([
        createReadStream(path),
        ...stagesFor(compressionOf(path)),
        nowhere((bytes) => see(entry.id, bytes)),
      ]);
    }
    return head;
  });
}

/** The table of contents of a dump. Does not read the data. */
export async function headOf(path: string): Promise<ArchiveHead> {
  const source = createReadStream(isFolder(path) ? existing(path, 'toc.dat') : path);
  try {
    return await named(() => readHead(new ByteStream(source)));
  } finally {
    source.destroy();
  }
}

/** One data file of a dump in directory format. */
interface DataFile {
  readonly entry: TocEntry;
  readonly oid?: number;
  readonly path: string;
}

/**
 * The data files in the order of the table of contents (format: pg_backup_directory.c).
 *
 * @throws Error if one is missing, is not a regular file, or is outside of the folder
 */
export function* dataFiles(folder: string, { entries }: ArchiveHead): Generator<DataFile> {
  for (const entry of entries) {
    if (!entry.hasData) continue;
    if (entry.kind !== 'BLOBS') {
      yield { entry, path: existing(folder, entry.file) };
      continue;
    }
    // In a dump that was unpacked from tar format, this list is always called blobs.toc.
    const list =
      existsSync(join(folder, TAR_LIST)) && !existsSync(join(folder, entry.file)) ? TAR_LIST : entry.file;
    for (const line of listOf(existing(folder, list)).split('\n')) {
      const [, oid, file] = line.match(/^(\d+) (.+)$/) ?? [];
      if (file !== undefined) yield { entry, oid: Number(oid), path: existing(folder, file) };
    }
  }
}

const TAR_LIST = 'blobs.toc';

/** Maximum bytes of the list of large objects in a folder. */
const LONGEST_LIST = 64 * 1024 ** 2;

function listOf(path: string): string {
  if (statSync(path).size > LONGEST_LIST) throw new Error(`its file ${basename(path)} is too long`);
  return readFileSync(path, 'utf8');
}

/** The path of a file of the folder. A table of contents may not name files elsewhere, such as `../x`. */
function existing(folder: string, file: string): string {
  if (file !== basename(file) || file === '..')
    throw new Error(`its table of contents names a file elsewhere: ${file}`);
  for (const [suffix] of SUFFIXES) {
    const path = join(folder, file + suffix);
    if (!existsSync(path)) continue;
    if (!statSync(path).isFile()) throw new Error(`its file ${file} is no file`);
    return path;
  }
  throw new Error(`its file ${file} is missing`);
}

/** Replaces the technical errors of a broken file by clear messages. */
export async function named<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (error instanceof RangeError || code === 'Z_BUF_ERROR') throw new Error('it is cut', { cause: error });
    if (code.startsWith('Z_'))
      throw new Error(`its data are damaged (${messageOf(error)})`, { cause: error });
    throw error;
  }
}

export const countTables = ({ entries }: ArchiveHead): number =>
  entries.filter(({ kind }) => kind === 'TABLE').length;

/** `UTF8` of `SET client_encoding = 'UTF8';` */
export const encodingOf = ({ entries }: ArchiveHead): string | undefined =>
  entries.find(({ kind }) => kind === 'ENCODING')?.definition.match(/'(.*)'/)?.[1];

export const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();
