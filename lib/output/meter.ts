import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { byteSize } from './display.ts';
import type { Terminal } from './terminal.ts';

/** Milliseconds between two lines of progress: on a terminal, where a line replaces the last one, and in a log. */
const [WATCHED, LOGGED] = [200, 10_000];

/** Counts and hashes a stream, and shows progress and speed. */
export class Meter extends Transform {
  readonly #hash = createHash('sha256');
  readonly #started = performance.now();
  readonly #show: (text: string) => void;
  readonly #interval: number;
  readonly #what: string;
  readonly #whole: number | undefined;
  #shown = performance.now();
  size = 0;

  /**
   * @param what for the progress line: `backing up`
   * @param whole the expected number of bytes, if known
   */
  constructor(terminal: Terminal, what: string, whole?: number) {
    super();
    this.#show = (text) => terminal.progress(text);
    this.#interval = terminal.interactive ? WATCHED : LOGGED;
    this.#what = what;
    this.#whole = whole;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#hash.update(chunk);
    this.size += chunk.length;
    const now = performance.now();
    if (now - this.#shown > this.#interval) {
      this.#shown = now;
      this.#show(progressLine(this.#what, this.size, (now - this.#started) / 1000, this.#whole));
    }
    done(null, chunk);
  }

  /** The hash of the whole stream. Ask once, at the end. */
  get sha256(): string {
    return this.#hash.digest('hex');
  }
}

/** `restoring … 512.0 MB of 2048.0 MB (25 %), 64.0 MB/s` */
export function progressLine(what: string, bytes: number, seconds: number, whole?: number): string {
  const share = whole ? ` of ${byteSize(whole)} (${Math.floor((100 * bytes) / whole)} %)` : '';
  return `${what} … ${byteSize(bytes)}${share}, ${byteSize(Math.round(bytes / seconds))}/s`;
}
