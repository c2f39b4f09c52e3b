import type { Readable } from 'node:stream';

/** Reads exact numbers of bytes from a stream, and keeps no more in memory than needed. */
export class ByteStream {
  readonly #chunks: AsyncIterator<Buffer>;
  #bytes = Buffer.alloc(0);
  /** Bytes taken so far. */
  taken = 0;

  constructor(source: Readable) {
    this.#chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** The next `count` bytes. @throws RangeError if the stream ends before */
  async take(count: number): Promise<Buffer> {
    const bytes = (await this.peek(count)).subarray(0, count);
    this.skip(count);
    return bytes;
  }

  /**
   * All buffered bytes, without removing them; reads on until there are at least `least`.
   *
   * @throws RangeError if the stream ends before
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

  /** Removes buffered bytes. */
  skip(count: number): void {
    this.#bytes = this.#bytes.subarray(count);
    this.taken += count;
  }

  /** The next `count` bytes in pieces, because they may be many. @throws RangeError if the stream ends before */
  async *pieces(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0;) {
      if (this.#bytes.length === 0) this.#bytes = (await this.#next()) ?? this.#cut();
      const piece = await this.take(Math.min(left, this.#bytes.length));
      left -= piece.length;
      yield piece;
    }
  }

  /** Whether the stream has no further bytes. */
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
