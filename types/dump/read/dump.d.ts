import type { Readable, Transform } from 'node:stream';
import type { Compression } from '../toc.ts';
import type { PlacedErrand } from './forms.ts';
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
/** What was counted when a backup was taken and read. */
export interface Kept {
  /** Rows of each table, by `schema.name`. */
  readonly rows: Readonly<Record<string, number>>;
  /** Bytes of what is in it, decompressed. */
  readonly contents: number;
}
