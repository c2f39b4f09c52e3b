import { Transform } from 'node:stream';
import { createUnzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import type { Compression } from './toc.ts';

/** Bytes that pass from one stage to the next at a time, where there are many. */
export const PIECE = 131_072;

/** Whether this machine decompresses it by itself. */
export const isReadHere = (compression: Compression): boolean => compression !== 'lz4';

/**
 * The stage between the bytes of an archive's data and the data themselves; undefined where they are the same.
 *
 * @throws Error where this machine cannot do it
 */
export function decompressor(compression: Compression): Transform | undefined {
  switch (compression) {
    case 'none':
      return undefined;
    case 'gzip':
      // zlib's head in custom format, gzip's in directory format.
      return createUnzip({ chunkSize: PIECE });
    case 'zstd':
      return createUnzstd();
    case 'lz4':
      throw new Error('its data are compressed with lz4, which is not read here');
  }
}

/** As zlib's streams: what is cut or damaged is an error with a code. Node's own (22.15) is silent about what is cut. */
export function createUnzstd(): Transform {
  const stream = new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(failureOf(() => void reader.push(chunk))),
    flush: (done) => done(failureOf(() => void reader.push(new Uint8Array(0), true))),
  });
  const reader = new Decompress((data) => {
    if (data.length > 0) stream.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  });
  return stream;
}

/** fzstd's number for an end that comes too early. */
const UNEXPECTED_END = 5;

function failureOf(work: () => void): Error | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    const isCut = (error as { code?: number }).code === UNEXPECTED_END;
    const said = error instanceof Error ? error.message : String(error);
    return Object.assign(new Error(`zstd: ${said}`, { cause: error }), {
      code: isCut ? 'Z_BUF_ERROR' : 'Z_DATA_ERROR',
    });
  }
}
