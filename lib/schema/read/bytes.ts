import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Bytes that are read in order. Whoever reads beyond their end gets a RangeError. */
export interface Bytes {
  readonly size: number;
  /** Where the next byte is taken from. */
  readonly at: number;
  /** The next bytes; valid until more are taken. */
  take(count: number): Buffer;
  /** All that follow and are at hand, so many at least; valid until more are taken. */
  peek(least: number): Buffer;
  byte(): number;
  skip(count: number): void;
}

/** How much of a file is in memory at a time. */
const WINDOW = 1 << 20;

/**
 * Bytes of which at most a window is in memory.
 *
 * @param read fills the buffer from the given position, and tells how many bytes there were
 */
class Window implements Bytes {
  #buffer: Buffer;
  /** Where the buffer's first byte stands. */
  #start = 0;
  at = 0;
  readonly size: number;
  readonly #read: (buffer: Buffer, position: number) => number;

  constructor(
    size: number,
    read: (buffer: Buffer, position: number) => number,
    buffer: Buffer = Buffer.alloc(0),
  ) {
    this.size = size;
    this.#read = read;
    this.#buffer = buffer;
  }

  take(count: number): Buffer {
    const offset = this.#locate(count);
    this.at += count;
    return this.#buffer.subarray(offset, offset + count);
  }

  peek(least: number): Buffer {
    return this.#buffer.subarray(this.#locate(least));
  }

  byte(): number {
    const offset = this.#locate(1);
    this.at += 1;
    return this.#buffer[offset]!;
  }

  skip(count: number): void {
    if (count < 0 || this.at + count > this.size) throw new RangeError('cut');
    this.at += count;
  }

  /** Where in the buffer the next bytes are, after having seen to it that they are there. */
  #locate(count: number): number {
    if (count < 0 || this.at + count > this.size) throw new RangeError('cut');
    const offset = this.at - this.#start;
    if (offset >= 0 && offset + count <= this.#buffer.length) return offset;
    this.#buffer = Buffer.allocUnsafe(Math.min(Math.max(count, WINDOW), this.size - this.at));
    this.#start = this.at;
    // Somebody may cut the file while it is read.
    if (this.#read(this.#buffer, this.at) < this.#buffer.length) throw new RangeError('cut');
    return 0;
  }
}

export const bytesOf = (buffer: Buffer): Bytes => new Window(buffer.length, () => 0, buffer);

/** Runs `work` with a file's bytes, however large it is. */
export function withBytesOf<T>(file: string, work: (bytes: Bytes) => T): T {
  const handle = openSync(file, 'r');
  try {
    const read = (buffer: Buffer, position: number): number => {
      let filled = 0;
      while (filled < buffer.length) {
        const count = readSync(handle, buffer, filled, buffer.length - filled, position + filled);
        if (count === 0) break;
        filled += count;
      }
      return filled;
    };
    return work(new Window(fstatSync(handle).size, read));
  } finally {
    closeSync(handle);
  }
}
