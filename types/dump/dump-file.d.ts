import { Readable, Writable } from 'node:stream';
import type { Compression, Entry } from './toc.ts';
import { type ArchiveHead } from './archive.ts';
/** By the name that pg_dump gives a file of data in directory format. */
export declare const compressionOf: (path: string) => Compression;
export declare const nowhere: (see?: (bytes: Buffer) => void) => Writable;
/** Is shown the data of an entry, decompressed, a piece after the other. */
export type SeeData = (entry: number, bytes: Buffer) => void;
/**
 * Reads a custom-format dump to its end, all data decompressed as far as this machine can.
 *
 * @throws Error saying what is wrong with it
 */
export declare function decodeCustom(source: Readable, see?: SeeData): Promise<ArchiveHead>;
/**
 * The same for a dump in directory format.
 *
 * @throws Error saying what is wrong with it
 */
export declare function decodeDirectory(folder: string, see?: SeeData): Promise<ArchiveHead>;
/** The table of contents of a dump, whose data are not looked at. */
export declare function headOf(path: string): Promise<ArchiveHead>;
/** One run of data of a dump in directory format. */
export interface DataFile {
  readonly entry: Entry;
  readonly oid?: number;
  readonly path: string;
}
/** The files of data in the order of the table of contents (the format of pg_backup_directory.c). */
export declare function dataFiles(folder: string, { entries }: ArchiveHead): Generator<DataFile>;
/** What a machine says of a broken file, in words. */
export declare function named<T>(read: () => Promise<T>): Promise<T>;
export declare const countTables: ({ entries }: ArchiveHead) => number;
/** `UTF8` of `SET client_encoding = 'UTF8';` */
export declare const encodingOf: ({ entries }: ArchiveHead) => string | undefined;
export declare const isFolder: (path: string) => boolean;
