import { createReadStream, type Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, pipeline, type Readable, type Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ConfigurationError, MakesafeError, messageOf } from '../errors.ts';
import { isReadHere } from '../archive/decompress.ts';
import type { Compression } from '../archive/toc.ts';
import { loadParser } from '../schema/syntax.ts';
import { sizeOf } from './checksum.ts';
import type { ArchiveHead } from './archive.ts';
import { countTables, decodeCustom, decodeDirectory, encodingOf, named, type SeeData } from './dump-file.ts';
import { readPlain, type PlacedErrand } from './plain-dump.ts';
import { Bringing, RowCounter, type Brings } from './restore/brings.ts';
import { errandsOf } from './restore/forms.ts';
import { linksIn, type Link } from './restore/links.ts';
import { rightsIn, type Right } from './restore/rights.ts';
import { isErrand, placeOf } from './restore-archive.ts';

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
  /** Whether it is an archive that only pg_restore can read, which makes text of it. */
  readonly isText: boolean;
  /** What a dump says that it brings; undefined for any other script. */
  readonly brings: Brings | undefined;
  /** What makesafe does for it, because it needs more rights than a file gets. */
  readonly errands: readonly PlacedErrand[];
  /** Of an archive's text: `UTF8`. */
  readonly encoding: string | undefined;
  /** What it says of owners, privileges and tablespaces, which only an environment at home takes. */
  readonly rights: readonly Right[];
  /** Which entry of an archive needs which. */
  readonly links: readonly Link[];
}

export interface Expected {
  /** The parameter: DUMP or SQL. */
  readonly parameter: 'DUMP' | 'SQL';
  /** Told of psql's commands in a script that pg_dump does not write; may throw. */
  readonly otherCommand: (command: string, line: number) => void;
  /** Whether what reaches beyond the database is meant. */
  readonly uncaged?: boolean;
  /** Is passed the bytes on disk, and shows how far it is. */
  readonly meter?: () => Transform;
  /**
   * The SQL of an archive that this machine cannot decompress, by the server's own pg_restore. Undefined where there is
   * none.
   */
  readonly toText?: ToText | undefined;
}

/** Of an archive the SQL of pg_restore. @param meter is passed the bytes of the archive */
export type ToText = (dump: Pick<Dump, 'path' | 'kind' | 'gzip'>, meter: Transform) => Readable;

/**
 * Reads the file or folder that a person named to its end.
 *
 * @throws ConfigurationError saying what is wrong with it
 */
export async function inspectDump(name: string, path: string, expected: Expected): Promise<Dump> {
  const refuse = (why: string, hint?: string): never => {
    throw new ConfigurationError(`${expected.parameter}=${name}: ${why}`, hint === undefined ? {} : { hint });
  };
  await loadParser();
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) =>
    refuse(error.code === 'ENOENT' ? 'no such file' : messageOf(error)),
  );
  const { kind, gzip } = await named(() => recognise(path, stats)).catch((error: unknown) =>
    refuse(messageOf(error)),
  );
  if (kind !== 'plain' && expected.parameter === 'SQL')
    refuse('it is no script, but an archive of pg_dump: restore-from-dump takes it');
  const about = { name, path, kind, gzip, size: sizeOf(path) };
  const { parameter, otherCommand, uncaged = false, meter = () => new PassThrough() } = expected;
  const readText = (text: Readable, isDump: boolean): Promise<Contents> =>
    readPlain(text, { isDump, uncaged, otherCommand });
  const read = async (): Promise<Contents> => {
    if (kind === 'plain') return readText(openDump(about, meter()), parameter === 'DUMP');
    const found = await readArchive(about, meter());
    const { compression, encoding, server, rights, links } = found;
    const isForeign = compression !== undefined && !isReadHere(compression);
    if (!isForeign && (encoding ?? 'UTF8') === 'UTF8') return found;
    if (!isForeign || !expected.toText)
      return refuse(
        isForeign
          ? `is compressed with ${compression}, which this machine cannot read, and the stack has no pg_restore`
          : `is encoded in ${encoding}, not in UTF8`,
        'pg_dump --format=custom --compress=gzip --encoding=UTF8',
      );
    const text = await readText(expected.toText(about, meter()), true);
    return { ...text, rights, links, compression, encoding, server, isText: true };
  };
  try {
    return { ...about, compression: 'none', encoding: undefined, isText: false, ...(await named(read)) };
  } catch (error) {
    if (error instanceof MakesafeError) throw error;
    return refuse(messageOf(error));
  }
}

/** What an archive says and holds. */
export type ReadArchive = Pick<
  Dump,
  'compression' | 'contents' | 'server' | 'encoding' | 'errands' | 'rights' | 'links'
> & {
  readonly tables: number;
  readonly brings: Brings;
};

type Contents = Pick<Dump, 'contents' | 'server' | 'tables' | 'brings' | 'errands' | 'rights' | 'links'> &
  Partial<Pick<Dump, 'compression' | 'encoding' | 'isText'>>;

/**
 * Reads an archive to its end, all data decompressed as far as this machine can.
 *
 * @throws Error saying what is wrong with it
 */
export const readArchive = (
  about: Pick<Dump, 'path' | 'kind' | 'gzip'>,
  meter: Transform = new PassThrough(),
): Promise<ReadArchive> =>
  contentsOf((see) =>
    about.kind === 'custom' ? decodeCustom(openDump(about, meter), see) : decodeDirectory(about.path, see),
  );

/** What an archive holds. @param decode shows all its data, and says how it begins */
export async function contentsOf(decode: (see: SeeData) => Promise<ArchiveHead>): Promise<ReadArchive> {
  let contents = 0;
  const counters = new Map<number, RowCounter>();
  const see = (entry: number, bytes: Buffer): void => {
    contents += bytes.length;
    let counter = counters.get(entry);
    if (!counter) counters.set(entry, (counter = new RowCounter()));
    counter.add(bytes);
  };
  const head = await decode(see);
  const { compression, serverVersion: server } = head;
  return {
    ...{ compression, contents, server, tables: countTables(head), encoding: encodingOf(head) },
    ...{ brings: bringsOf(head, counters), errands: errandsIn(head) },
    ...{ rights: rightsIn(head.entries), links: linksIn(head.entries) },
  };
}

function bringsOf({ entries }: ArchiveHead, counters: ReadonlyMap<number, RowCounter>): Brings {
  const brings = new Bringing();
  for (const { kind, schema, name } of entries) {
    if (kind === 'TABLE') brings.table(schema, name);
    else if (kind === 'SEQUENCE') brings.sequences += 1;
  }
  for (const { id, kind, schema, name, copy, hasData } of entries)
    if (kind === 'TABLE DATA' && hasData)
      brings.data(schema, name, copy === '' ? 'statements' : (counters.get(id)?.rows ?? 0));
  return brings;
}

/** Entries that only we may define: others' definitions are the cage's, or nobody's. */
function errandsIn({ entries }: ArchiveHead): PlacedErrand[] {
  return entries
    .filter(isErrand)
    .flatMap((entry) =>
      (errandsOf(entry.definition) ?? []).map((errand) => ({ place: placeOf(entry), errand })),
    );
}

/** @throws Error when it can be nothing of what is known */
export async function recognise(path: string, stats: Stats): Promise<Pick<Dump, 'kind' | 'gzip'>> {
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
