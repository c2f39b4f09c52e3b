import { Duplex } from 'node:stream';
import { createUnzip } from 'node:zlib';
import { ZSTDDecoder } from 'zstddec/stream';
import { messageOf } from '../errors.ts';
import type { Compression } from './toc.ts';

/** Bytes of one piece that passes between two stages. */
export const PIECE = 131_072;

/** Whether makesafe itself can decompress it. */
export const isReadHere = (compression: Compression): boolean => compression !== 'lz4';

/**
 * A stream that decompresses an archive's data; undefined if they are not compressed.
 *
 * @throws Error for lz4, which makesafe cannot decompress
 */
export function decompressor(compression: Compression): Duplex | undefined {
  switch (compression) {
    case 'none':
      return undefined;
    case 'gzip':
      // pg_dump writes zlib format in custom format, gzip format in directory format; `createUnzip` reads both.
      return createUnzip({ chunkSize: PIECE });
    case 'zstd':
      return createUnzstd();
    case 'lz4':
      throw new Error('its data are compressed with lz4, which is not read here');
  }
}

/**
 * Decompresses zstd with the error codes of zlib's streams. Not Node's own decompressor: Node 22.15 reports no error
 * for data that are cut.
 *
 * @throws (the stream) Error with code Z_BUF_ERROR if the data are cut, Z_DATA_ERROR if they are damaged
 */
export const createUnzstd = (): Duplex => Duplex.from(unzstd);

async function* unzstd(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const decoder = new ZSTDDecoder();
  await decoder.init();
  const frames = new Frames(decoder);
  for await (const chunk of source) if (chunk.length > 0) yield* frames.decode(chunk);
  yield* frames.end();
}

/**
 * Feeds chunks to the decoder. The decoder pulls its input synchronously and cannot wait for it, so it is only asked
 * for output while the next chunk is available. The output is therefore one chunk behind.
 */
class Frames {
  readonly #output: Iterator<Uint8Array>;
  #next: Uint8Array | undefined;
  #isAsked = false;
  #wasEmpty = false;
  #isDone = false;

  constructor(decoder: ZSTDDecoder) {
    const take = (): IteratorResult<Uint8Array> => {
      this.#isAsked = true;
      const value = this.#next;
      this.#next = undefined;
      return value ? { value } : { value: undefined, done: true };
    };
    this.#output = decoder.decodeStreaming({ [Symbol.iterator]: () => ({ next: take }) });
  }

  *decode(chunk: Uint8Array): Generator<Buffer> {
    this.#next = chunk;
    while (this.#next) yield* this.#once('Z_DATA_ERROR');
  }

  /** Decodes what is left. The decoder throws if it needs more. */
  *end(): Generator<Buffer> {
    while (!this.#isDone) yield* this.#once('Z_BUF_ERROR');
  }

  /** @param code of an error that the decoder throws */
  *#once(code: string): Generator<Buffer> {
    this.#isAsked = false;
    let result: IteratorResult<Uint8Array>;
    try {
      result = this.#output.next();
    } catch (error) {
      throw failure(code, messageOf(error), error);
    }
    if (result.done) {
      this.#isDone = true;
      return;
    }
    const { buffer, byteOffset, length } = result.value;
    const isEmpty = length === 0;
    // The decoder reports no error for damaged data: it returns empty output forever and reads no input.
    if (isEmpty && this.#wasEmpty && !this.#isAsked) throw failure('Z_DATA_ERROR', 'it cannot be decoded');
    this.#wasEmpty = isEmpty;
    // `Duplex.from` passes on what it gets: readers of an archive expect a Buffer.
    if (!isEmpty) yield Buffer.from(buffer, byteOffset, length);
  }
}

const failure = (code: string, said: string, cause?: unknown): Error =>
  Object.assign(new Error(`zstd: ${said}`, { cause }), { code });
