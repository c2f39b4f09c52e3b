import { stat } from 'node:fs/promises';
import { PassThrough, type Readable, type Transform } from 'node:stream';
import { ConfigurationError, MakesafeError, messageOf } from '../../errors.ts';
import { isReadHere } from '../decompress.ts';
import { isReadable } from '../encodings.ts';
import type { Compression } from '../toc.ts';
import { loadParser } from '../../sql/syntax.ts';
import { sizeOf } from '../checksum.ts';
import { named } from '../dump-file.ts';
import { readPlain, type PlacedErrand } from './plain-dump.ts';
import { readArchive, type Kept } from './read-archive.ts';
import { NotTakenError, openDump, recognise } from './recognise.ts';
import type { Brings } from './brings.ts';
import type { Link } from './links.ts';
import type { Right } from './rights.ts';

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
  /** Version of the pg_dump that made it, where the dump says it. */
  readonly pgDump: string | undefined;
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
  /** Schemas that its tables are in and that it does not make: it is one of some tables only. */
  readonly missingSchemas: readonly string[];
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
  /** The line to type for another file. */
  readonly again?: ((file: string) => string) | undefined;
  /** What was counted when it was taken and read, where its checksum is still the same: it is not decompressed again. */
  readonly kept?: Kept | undefined;
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
  const { kind, gzip } = await named(() => recognise(path, stats, { name, again: expected.again })).catch(
    (error: unknown) => refuse(messageOf(error), error instanceof NotTakenError ? error.hint : undefined),
  );
  if (kind !== 'plain' && expected.parameter === 'SQL')
    refuse('it is no script, but an archive of pg_dump: restore-from-dump takes it');
  const about = { name, path, kind, gzip, size: sizeOf(path) };
  const { parameter, otherCommand, uncaged = false, meter = () => new PassThrough() } = expected;
  const readText = (text: Readable, isDump: boolean): Promise<Contents> =>
    readPlain(text, { isDump, uncaged, otherCommand, name, again: expected.again });
  const read = async (): Promise<Contents> => {
    if (kind === 'plain') return readText(openDump(about, meter()), parameter === 'DUMP');
    const found = await readArchive(about, meter(), expected.kept);
    const { compression, encoding, server, rights, missingSchemas, links } = found;
    const isForeign = compression !== undefined && !isReadHere(compression);
    if (!isForeign && isReadable(encoding ?? 'UTF8')) return found;
    if (!isForeign || !expected.toText)
      return refuse(
        isForeign
          ? `is compressed with ${compression}, which this machine cannot read, and the stack has no pg_restore`
          : `is encoded in ${encoding}, which is not read here`,
        'pg_dump --format=custom --compress=gzip --encoding=UTF8',
      );
    const text = await readText(expected.toText(about, meter()), true);
    return { ...text, rights, missingSchemas, links, compression, encoding, server, isText: true };
  };
  try {
    return { ...about, compression: 'none', encoding: undefined, isText: false, ...(await named(read)) };
  } catch (error) {
    if (error instanceof MakesafeError) throw error;
    return refuse(messageOf(error), error instanceof NotTakenError ? error.hint : undefined);
  }
}

type Contents = Pick<
  Dump,
  'contents' | 'server' | 'pgDump' | 'tables' | 'brings' | 'errands' | 'rights' | 'missingSchemas' | 'links'
> &
  Partial<Pick<Dump, 'compression' | 'encoding' | 'isText'>>;
