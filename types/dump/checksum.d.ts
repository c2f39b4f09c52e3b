import { type Transform } from 'node:stream';
/**
 * SHA-256 of a dump: of the file, or of the names, sizes and contents of a folder's files in the order of their names.
 *
 * @param meter is passed all content
 */
export declare function checksum(path: string, meter?: Transform): Promise<string>;
/** The files of a dump, relative to it: of a file, itself as ''. */
export declare const filesOf: (path: string) => string[];
/** Bytes of a dump. */
export declare const sizeOf: (path: string) => number;
