import { type Stats } from 'node:fs';
import { ConfigurationError } from '../errors.ts';
/** Bytes that a file which a person writes may have. The largest that were seen have a few hundred kilobytes. */
export declare const TEXT_LIMIT: number;
/** A file that is there and cannot be used. The message names it and says why. */
export declare class UnreadableError extends ConfigurationError {}
export interface Reading {
  /** Bytes that it may have at the most; `TEXT_LIMIT` by default. */
  readonly most?: number;
  /** How messages name it; the path by default. */
  readonly as?: string;
}
/**
 * What a path leads to is a regular file, or it says what it is: `a folder`, `a pipe`, `a link that leads nowhere`.
 * Whoever opens one of these waits for ever, or reads for ever.
 */
export declare function kindOf(stats: Stats): string;
/**
 * The bytes of a small file: never waits for a pipe, never reads a device, and never more than it may have.
 *
 * @returns undefined where there is none
 * @throws UnreadableError naming the file and the reason
 */
export declare function readBytesIfThere(file: string, { most, as }?: Reading): Buffer | undefined;
/**
 * The text of a small file.
 *
 * @returns undefined where there is none
 * @throws UnreadableError also for what is no text: with a place
 */
export declare function readTextIfThere(file: string, reading?: Reading): string | undefined;
/**
 * The text of a small file that has to be there.
 *
 * @throws UnreadableError
 */
export declare function readText(file: string, reading?: Reading): string;
/**
 * The JSON in a small file; what it holds is for the caller to check.
 *
 * @returns undefined where there is no file
 * @throws UnreadableError also for what is no JSON
 */
export declare function readJsonIfThere(file: string, reading?: Reading): unknown;
/**
 * The first bytes of a file, however large it is; fewer where it is shorter.
 *
 * @throws UnreadableError also where there is none
 */
export declare function readHead(file: string, count: number, { as }?: Reading): Buffer;
/** The last bytes of a file, however large it is, from the first line that begins in them. */
export interface Tail {
  readonly text: string;
  /** Bytes in front of it that were not read. */
  readonly skipped: number;
}
/**
 * The end of a file that grows: the lines in its last `most` bytes.
 *
 * @returns undefined where there is none
 * @throws UnreadableError
 */
export declare function readTailIfThere(file: string, { most, as }?: Reading): Tail | undefined;
/** Something has this name: also a link that leads nowhere, which `existsSync` does not see. */
export declare function isThere(path: string): boolean;
