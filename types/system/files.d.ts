import { type WriteStream } from 'node:fs';
import { type Seen } from './place.ts';
/**
 * Writes a file whole or not at all: beside its destination, flushed to disk, then put in its place. What stood there
 * before stays until then. Never follows a link, and replaces nothing but a regular file.
 *
 * @param fill writes the content; it may end the stream or leave that to this function
 * @param mode permissions; 0600 for files with data in them
 * @param over what stands there and is replaced, whose owner's choice of a mode stays; `nothing` for a new file. By
 *   default a file that only this tool writes, there or not
 * @throws FailedError naming the file and the reason
 */
export declare function writeWhole(
  path: string,
  mode: number,
  fill: (output: WriteStream) => Promise<void> | void,
  over?: Seen | 'nothing',
): Promise<void>;
/**
 * Writes a small new file whole: for what is made on first use, when several tasks may begin at once.
 *
 * @returns false where something of that name has come first, which stays
 * @throws FailedError naming the file and the reason
 */
export declare function writeNewSync(path: string, text: string, mode: number): boolean;
/** Without this, a power cut could undo a rename in it. */
export declare function flushFolder(folder: string): Promise<void>;
/**
 * One of the paths is the other, or is in it: as they are written, for they may be another machine's, or with the links
 * in them followed on this one.
 */
export declare function isNested(one: string, other: string): boolean;
/**
 * Whether a path is a folder of this machine, or in it, wherever links lead, and also where the folder is mounted in a second
 * place. The path need not exist.
 */
export declare function isBelow(path: string, folder: string): boolean;
