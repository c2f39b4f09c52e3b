import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createInflate } from 'node:zlib';
import { messageOf } from '../errors.ts';
import type { Compression, Entry } from '../archive/toc.ts';
import { PIECE, readData, readHead, type ArchiveHead } from './archive.ts';
import { ByteStream } from './byte-stream.ts';

/** The stages between the bytes of a dump's data and the data themselves. */
export const decompress = (compression: Compression): NodeJS.ReadWriteStream[] =>
  compression === 'gzip' ? [createInflate({ chunkSize: PIECE })] : [];

export const nowhere = (count: (bytes: number) => void = () => {}): Writable =>
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      count(chunk.length);
      done();
    },
  });

/**
 * Reads a custom-format dump to its end, all data decompressed as far as this machine can (none and gzip, pg_dump's
 * usual one).
 *
 * @param count is told how much there is
 * @throws Error saying what is wrong with it
 */
export async function decodeCustom(source: Readable, count?: (bytes: number) => void): Promise<ArchiveHead> {
  return named(async () => {
    const bytes = new ByteStream(source);
    const head = await readHead(bytes);
    if (head.format !== 'custom') throw new Error('it is the toc.dat of a dump in directory format');
    for await (const data of readData(bytes, head)) {
      await pipeline([Readable.from(data.bytes), ...decompress(head.compression), nowhere(count)]);
    }
    return head;
  });
}

/**
 * The same for a dump in directory format.
 *
 * @throws Error saying what is wrong with it
 */
export async function decodeDirectory(folder: string, count?: (bytes: number) => void): Promise<ArchiveHead> {
  return named(async () => {
    const toc = createReadStream(join(folder, 'toc.dat'));
    const bytes = new ByteStream(toc);
    const head = await readHead(bytes);
    if (!(await bytes.atEnd())) throw new Error('its toc.dat goes on behind its end');
    for (const { path } of dataFiles(folder, head)) {
      await pipeline([
        createReadStream(path),
        ...(path.endsWith('.gz') ? [createGunzip()] : []),
        nowhere(count),
      ]);
    }
    return head;
  });
}

/** One run of data of a dump in directory format. */
export interface DataFile {
  readonly entry: Entry;
  readonly oid?: number;
  readonly path: string;
}

/** The files of data in the order of the table of contents (the format of pg_backup_directory.c). */
export function* dataFiles(folder: string, { entries }: ArchiveHead): Generator<DataFile> {
  for (const entry of entries) {
    if (!entry.hasData) continue;
    if (entry.kind !== 'BLOBS') {
      yield { entry, path: existing(folder, entry.file) };
      continue;
    }
    for (const line of readFileSync(join(folder, entry.file), 'utf8').split('\n')) {
      const [, oid, file] = line.match(/^(\d+) (.+)$/) ?? [];
      if (file !== undefined) yield { entry, oid: Number(oid), path: existing(folder, file) };
    }
  }
}

function existing(folder: string, file: string): string {
  for (const suffix of ['', '.gz', '.lz4', '.zst']) {
    if (existsSync(join(folder, file + suffix))) return join(folder, file + suffix);
  }
  throw new Error(`its file ${file} is missing`);
}

/** What a machine says of a broken file, in words. */
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
