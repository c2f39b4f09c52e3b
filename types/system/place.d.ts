import { type Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { FailedError } from '../errors.ts';
/** A file as it was looked at: what may be replaced, and nothing that has come to its place since. */
export type Seen = Pick<Stats, 'dev' | 'ino' | 'size' | 'mtimeMs' | 'mode' | 'gid'>;
/** @param error what a system call answered */
export declare function cannotBeWritten(path: string, error: unknown): FailedError;
/** @throws FailedError when something else stands there than what may be replaced */
export declare function mayStand(path: string, over: Seen | 'nothing' | undefined): void;
/** What replaces a file is open to no more people than that was. */
export declare function takeAfter(handle: FileHandle, { mode, gid }: Seen, asked: number): Promise<void>;
/**
 * Moves a file to a name that is free, in one step: whoever has taken it in this moment keeps it.
 *
 * @throws Error EEXIST of the system
 */
export declare function putInFreePlace(from: string, to: string): void;
