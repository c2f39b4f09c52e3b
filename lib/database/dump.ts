import { createReadStream, type Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, pipeline, type Readable, type Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ConfigurationError, messageOf } from '../errors.ts';
import type { Compression } from '../archive/toc.ts';
import { sizeOf } from './checksum.ts';
import { countTables, decodeCustom, decodeDirectory, encodingOf, named } from './dump-file.ts';
import { readPlain } from './plain-dump.ts';

/** A dump that was read to its end and found whole. */
export interface Dump {
  /** As it was given. */
  readonly name: string;
  readonly path: string;
  readonly kind: 'custom' | 'directory' | 'plain';
  /** Whether the file as a whole is compressed. */
  readonly gzip: boolean;
  /** How the data inside are compressed. */
  readonly compression: Compression;
  /** Bytes on disk. */
  readonly size: number;
  /** Bytes of what is in it, decompressed. */
  readonly contents: number;
  /** Version of the server that was dumped, where the dump says it. */
  readonly server: string | undefined;
  /** Of what is in it, where it is a dump and not any script. */
  readonly tables: number | undefined;
  /** Of an archive's text: `UTF8`. */
  readonly encoding: string | undefined;
}

export interface Expected {
  /** The parameter: DUMP or SQL. */
  readonly parameter: 'DUMP' | 'SQL';
  /** Told of psql's commands in a script that pg_dump does not write; may throw. */
  readonly otherCommand: (command: string, line: number) => void;
}

/**
 * Reads the file or folder that a person named to its end.
 *
 * @throws ConfigurationError saying what is wrong with it
 */
export async function inspectDump(name: string, path: string, expected: Expected): Promise<Dump> {
  const refuse = (why: string, hint?: string): never => {
    throw new ConfigurationError(`${expected.parameter}=${name}: ${why}`, hint === undefined ? {} : { hint });
  };
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) =>
    refuse(error.code === 'ENOENT' ? 'no such file' : messageOf(error)),
  );
  const { kind, gzip } = await named(() => recognise(path, stats)).catch((error: unknown) =>
    refuse(messageOf(error)),
  );
  if (kind !== 'plain' && expected.parameter === 'SQL')
    refuse('it is no script, but an archive of pg_dump: restore-from-dump takes it');
  const about = { name, path, kind, gzip, size: sizeOf(path) };
  const read = (): Promise<Contents> =>
    kind === 'plain'
      ? readPlain(openDump(about), expected.parameter === 'DUMP', expected.otherCommand)
      : readArchive(about);
  try {
    return { ...about, compression: 'none', encoding: undefined, ...(await named(read)) };
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    return refuse(messageOf(error));
  }
}

type Contents = Pick<Dump, 'contents' | 'server' | 'tables'> &
  Partial<Pick<Dump, 'compression' | 'encoding'>>;

async function readArchive(about: Pick<Dump, 'path' | 'kind' | 'gzip'>): Promise<Contents> {
  let contents = 0;
  const count = (bytes: number): void => void (contents += bytes);
  const head = await (about.kind === 'custom'
    ? decodeCustom(openDump(about), count)
    : decodeDirectory(about.path, count));
  const { compression, serverVersion: server } = head;
  return { compression, contents, server, tables: countTables(head), encoding: encodingOf(head) };
}

/** @throws Error when it can be nothing of what is known */
async function recognise(path: string, stats: Stats): Promise<Pick<Dump, 'kind' | 'gzip'>> {
  if (stats.isDirectory()) {
    const toc = await stat(join(path, 'toc.dat')).catch(() => undefined);
    if (toc) return { kind: 'directory', gzip: false };
    throw new Error('it is a folder without toc.dat, and so no dump in directory format');
  }
  if (!stats.isFile()) throw new Error('it is no file');
  if (stats.size === 0) throw new Error('it is empty');
  const first = await firstBytes(path);
  const gzip = first[0] === 0x1f && first[1] === 0x8b;
  const head = gzip ? await firstOf(openDump({ path, gzip })) : first;
  if (head.length === 0) throw new Error('there is nothing in it');
  if (head.toString('latin1', 0, 5) === 'PGDMP') return { kind: 'custom', gzip };
  if (head.toString('latin1', 0, 8) === 'toc.dat\0') throw new Error('dumps in tar format are not taken');
  return { kind: 'plain', gzip };
}

async function firstBytes(path: string): Promise<Buffer> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(8), 0, 8, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function firstOf(stream: Readable): Promise<Buffer> {
  for await (const chunk of stream as AsyncIterable<Buffer>) return chunk;
  return Buffer.alloc(0);
}

/**
 * What is in the file of a dump, decompressed.
 *
 * @param meter is passed the bytes on disk
 */
export function openDump(
  { path, gzip }: Pick<Dump, 'path' | 'gzip'>,
  meter: Transform = new PassThrough(),
): Readable {
  const last = gzip ? createGunzip() : new PassThrough();
  // Whoever reads `last` gets the error of the others.
  pipeline([createReadStream(path), meter, last], () => {});
  return last;
}
