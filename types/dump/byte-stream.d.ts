import type { Readable } from 'node:stream';
/** Reads the bytes of a stream one after the other, as many as are asked for, and never holds more than it must. */
export declare class ByteStream {
  #private;
  /** Bytes taken so far. */
  taken: number;
  constructor(source: Readable);
  /** @throws RangeError when the stream ends before */
  take(count: number): Promise<Buffer>;
  /**
   * All bytes that follow and are at hand, so many at least.
   *
   * @throws RangeError when the stream ends before
   */
  peek(least: number): Promise<Buffer>;
  /** Leaves out bytes that are at hand. */
  skip(count: number): void;
  /** The same in pieces, for what may be large. */
  pieces(count: number): AsyncGenerator<Buffer>;
  atEnd(): Promise<boolean>;
}
