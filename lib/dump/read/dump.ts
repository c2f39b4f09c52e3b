import type { Readable, Transform } from 'node:stream';
import type { Compression } from '../toc.ts';
import type { PlacedErrand } from './forms.ts';
import type { Brings } from './brings.ts';
import type { Link } from './links.ts';
import type { Right } from './rights.ts';

/** A dump that was read to its end and is complete. */
export interface Dump {
  /** As the person has typed it. */
  readonly name: string;
  readonly path: string;
  readonly kind: 'custom' | 'directory' | 'plain';
  /** Whether the file as a whole is compressed. */
  readonly gzip: boolean;
  /** How the data inside are compressed. */
  readonly compression: Compression;
  /** Bytes on disk. */
  readonly size: number;
  /** Bytes of the contents, decompressed. */
  readonly contents: number;
  /** Version of the server that was dumped, if the dump says it. */
  readonly server: string | undefined;
  /** Version of the pg_dump that wrote it, if the dump says it. */
  readonly pgDump: string | undefined;
  /** Number of tables; undefined if it is a script that pg_dump did not write. */
  readonly tables: number | undefined;
  /** Whether it is an archive that only pg_restore can read, and has to convert to text. */
  readonly isText: boolean;
  /** What the dump says that it contains; undefined for any other script. */
  readonly brings: Brings | undefined;
  /** Statements that makesafe runs itself, because the file's role may not. */
  readonly errands: readonly PlacedErrand[];
  /** Encoding of an archive's text: `UTF8`. */
  readonly encoding: string | undefined;
  /** Its statements for owners, privileges and tablespaces. They only run if it is a backup of this environment. */
  readonly rights: readonly Right[];
  /** Schemas that its tables are in and that it does not create: it is a dump of some tables only. */
  readonly missingSchemas: readonly string[];
  /** The dependencies between the entries of an archive. */
  readonly links: readonly Link[];
}

export interface Expected {
  /** The parameter: DUMP or SQL. */
  readonly parameter: 'DUMP' | 'SQL';
  /** Is called with each psql command in a script that pg_dump does not write; may throw. */
  readonly otherCommand: (command: string, line: number) => void;
  /** Whether the person allows statements that change something outside of the database. */
  readonly uncaged?: boolean;
  /** Creates a stream that shows the progress: the bytes on disk are written to it. */
  readonly meter?: () => Transform;
  /**
   * Converts an archive that makesafe cannot decompress to SQL, with pg_restore of the server's version. Undefined if
   * there is no such pg_restore.
   */
  readonly toText?: ToText | undefined;
  /** The command for another file. */
  readonly again?: ((file: string) => string) | undefined;
  /**
   * What was counted when the backup was taken. The caller has checked the checksum, so the data are not decompressed
   * again.
   */
  readonly kept?: Kept | undefined;
}

/** Starts pg_restore; returns its SQL. @param meter the bytes of the archive are written to it */
export type ToText = (dump: Pick<Dump, 'path' | 'kind' | 'gzip'>, meter: Transform) => Readable;

/** What was counted when a backup was taken and read back. */
export interface Kept {
  /** Rows of each table, by `schema.name`. */
  readonly rows: Readonly<Record<string, number>>;
  /** Bytes of the contents, decompressed. */
  readonly contents: number;
}
