import { type Transform } from 'node:stream';
import { type ArchiveHead } from '../archive.ts';
import type { Dump, Kept } from './dump.ts';
import { type SeeData } from '../dump-file.ts';
import { type Brings } from './brings.ts';
/** What an archive says and holds. */
export type ReadArchive = Pick<
  Dump,
  | 'compression'
  | 'contents'
  | 'server'
  | 'pgDump'
  | 'encoding'
  | 'errands'
  | 'rights'
  | 'missingSchemas'
  | 'links'
> & {
  readonly tables: number;
  readonly brings: Brings;
};
/**
 * Reads an archive to its end, all data decompressed as far as this machine can.
 *
 * @throws Error saying what is wrong with it
 */
export declare const readArchive: (
  about: Pick<Dump, 'path' | 'kind' | 'gzip'>,
  meter?: Transform,
  kept?: Kept,
) => Promise<ReadArchive>;
/** What an archive holds. @param decode says how it begins, and shows all its data unless they are known */
export declare function contentsOf(
  decode: (see: SeeData) => Promise<ArchiveHead>,
  kept?: Kept,
): Promise<ReadArchive>;
