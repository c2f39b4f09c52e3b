import { Duplex } from 'node:stream';
import { createUnzip } from 'node:zlib';
import { ZSTDDecoder } from 'zstddec/stream';
import { messageOf } from '../errors.ts';
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
export function decompressor(compression: Compression): Duplex | undefined {
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

/**
 * As zlib's streams: what is cut or damaged is an error with a code. Node's own (22.15) says nothing of what is cut.
 *
 * @throws (the stream) Error with code Z_BUF_ERROR where it is cut, Z_DATA_ERROR where it is damaged
 */
export const createUnzstd = (): Duplex => Duplex.from(unzstd);

async function* unzstd(source: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  const decoder = new ZSTDDecoder();
  await decoder.init();
  const frames = new Frames(decoder);
  for await (const chunk of source) if (chunk.length > 0) yield* frames.decode(chunk);
  yield* frames.end();
}

/**
 * The decoder asks for its input in the midst of its work, and cannot wait. So it is asked for output only while the next
 * chunk is at hand, and stays one chunk behind.
 */
class Frames {
  readonly #output: Iterator<Uint8Array>;
  #next: Uint8Array | undefined;
  #isAsked = false;

  constructor(decoder: ZSTDDecoder) {
    const take = (): IteratorResult<Uint8Array> => {
      this.#isAsked = true;
      const value = this.#next;
      this.#next = undefined;
      return value ? { value } : { value: undefined, done: true };
    };
    this.#output = decoder.decodeStreaming({ [Symbol.iterator]: () => ({ next: take }) });
  }

  *decode(chunk: Uint8Array): Generator<Uint8Array> {
    this.#next = chunk;
    while (this.#next) yield* this.#once();
  }

  *end(): Generator<Uint8Array> {
    while (!this.#isDone) yield* this.#once();
  }

  #isDone = false;
  #wasEmpty = false;

  *#once(): Generator<Uint8Array> {
    this.#isAsked = false;
    let result: IteratorResult<Uint8Array>;
    try {
      result = this.#output.next();
    } catch (error) {
      throw failure('Z_BUF_ERROR', messageOf(error), error);
    }
    if (result.done) {
      this.#isDone = true;
      return;
    }
    const isEmpty = result.value.length === 0;
    // It says nothing of what it cannot decode, and offers it again and again.
    if (isEmpty && this.#wasEmpty && !this.#isAsked) throw failure('Z_DATA_ERROR', 'it cannot be decoded');
    this.#wasEmpty = isEmpty;
    if (!isEmpty) yield result.value;
  }
}

const failure = (code: string, said: string, cause?: unknown): Error =>
  Object.assign(new Error(`zstd: ${said}`, { cause }), { code });
