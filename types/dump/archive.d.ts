import { type Entry, type Head } from './toc.ts';
import type { ByteStream } from './byte-stream.ts';
/** The table of contents of a dump in custom or directory format. */
export interface ArchiveHead extends Head {
  readonly entries: readonly Entry[];
}
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
export declare function readHead(bytes: ByteStream): Promise<ArchiveHead>;
export declare const LONGEST_PART: number;
/**
 * The data of a custom-format dump, in the order in which they stand in it (the format of pg_backup_custom.c).
 *
 * @throws Error when there is less, more or something else than the table of contents says
 */
export declare function readData(bytes: ByteStream, head: ArchiveHead): AsyncGenerator<Data>;
/** A server's version without its minor number: 17 of `17.11 (Debian …)`. */
export declare const majorVersion: (version: string) => number;
/** `TABLE mart.suppliers` */
export declare const placeOf: ({ kind, schema, name }: Entry) => string;
