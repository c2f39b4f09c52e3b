import { type Stats } from 'node:fs';
import { type Readable, type Transform } from 'node:stream';
import type { Dump, Expected } from './dump.ts';
/** What a file is that is not taken, and what to type. */
export declare class NotTakenError extends Error {
  readonly hint: string | undefined;
  constructor(message: string, hint?: string);
}
/** @throws Error when it can be nothing of what is known */
export declare function recognise(
  path: string,
  stats: Stats,
  about?: Pick<Expected, 'again'> & {
    readonly name?: string;
  },
): Promise<Pick<Dump, 'kind' | 'gzip'>>;
/**
 * What is in the file of a dump, decompressed.
 *
 * @param meter is passed the bytes on disk
 */
export declare function openDump({ path, gzip }: Pick<Dump, 'path' | 'gzip'>, meter?: Transform): Readable;
