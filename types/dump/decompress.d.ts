import { Transform } from 'node:stream';
import type { Compression } from './toc.ts';
/** Bytes that pass from one stage to the next at a time, where there are many. */
export declare const PIECE = 131072;
/** Whether this machine decompresses it by itself. */
export declare const isReadHere: (compression: Compression) => boolean;
/**
 * The stage between the bytes of an archive's data and the data themselves; undefined where they are the same.
 *
 * @throws Error where this machine cannot do it
 */
export declare function decompressor(compression: Compression): Transform | undefined;
/** As zlib's streams: what is cut or damaged is an error with a code. Node's own (22.15) is silent about what is cut. */
export declare function createUnzstd(): Transform;
