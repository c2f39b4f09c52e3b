import type { Readable } from 'node:stream';

/** Reads the bytes of a stream one after the other, as many as are asked for, and never holds more than it must. */
export class ByteStream {
  readonly #chunks: AsyncIterator<Buffer>;
  #bytes = Buffer.alloc(0);
  /** Bytes taken so far. */
  taken = 0;

  constructor(source: Readable) {
    this.#chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** @throws RangeError when the stream ends before */
  async take(count: number): Promise<Buffer> {
    const bytes = (await this.peek(count)).subarray(0, count);
    this.skip(count);
    return bytes;
  }

  /**
   * All bytes that follow and are at hand, so many at least.
   *
   * @throws RangeError when the stream ends before
   */
  async peek(least: number): Promise<Buffer> {
    if (this.#bytes.length < least) {
      const parts = [this.#bytes];
      for (let have = this.#bytes.length; have < least; have += parts.at(-1)!.length) {
        parts.push((await this.#next()) ?? this.#cut());
      }
      this.#bytes = Buffer.concat(parts);
    }
    return this.#bytes;
  }

  /** Leaves out bytes that are at hand. */
  skip(count: number): void {
    this.#bytes = this.#bytes.subarray(count);
    this.taken += count;
  }

  /** The same in pieces, for what may be large. */
  async *pieces(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0;) {
      if (this.#bytes.length === 0) this.#bytes = (await this.#next()) ?? this.#cut();
      const piece = await this.take(Math.min(left, this.#bytes.length));
      left -= piece.length;
      yield piece;
    }
  }

  async atEnd(): Promise<boolean> {
    while (this.#bytes.length === 0) {
      const next = await this.#next();
      if (next === undefined) return true;
      this.#bytes = next;
    }
    return false;
  }

  async #next(): Promise<Buffer<ArrayBuffer> | undefined> {
    const next = await this.#chunks.next();
    return next.done ? undefined : (next.value as Buffer<ArrayBuffer>);
  }

  #cut(): never {
    throw new RangeError('it is cut');
  }
}
