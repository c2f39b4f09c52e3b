import { Writable } from 'node:stream';

/**
 * Sends the writes of one tick as one piece, up to LARGEST_STATEMENT. In several pieces, the relay's TCP connection in
 * the container would hold the second until the server acknowledges the first (Nagle): 40 ms for each statement with
 * parameters.
 */
export class Input extends Writable {
  #to: Writable | undefined;
  #waiting: (() => void) | undefined;

  /** Sets the target. Data written before is held until then. */
  lead(to: Writable): void {
    this.#to = to;
    this.#waiting?.();
  }

  override write(...args: [never]): boolean {
    this.cork();
    process.nextTick(() => this.uncork());
    return super.write(...args);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#send((to) => (to.write(chunk) ? done() : to.once('drain', done)));
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    const bytes = chunks.reduce((sum, { chunk }) => sum + chunk.length, 0);
    if (bytes <= LARGEST_STATEMENT)
      return this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'utf8', done);
    // Rows of a COPY fill whole pieces anyway, and copying them would take too long.
    this.#send((to) => {
      to.cork();
      const takesMore = chunks.map(({ chunk }) => to.write(chunk)).at(-1);
      to.uncork();
      return takesMore ? done() : to.once('drain', done);
    });
  }

  override _final(done: () => void): void {
    this.#send((to) => to.end(done));
  }

  #send(act: (to: Writable) => void): void {
    if (this.#to) act(this.#to);
    else this.#waiting = () => act(this.#to!);
  }
}

/** Maximum bytes of the writes that are joined into one piece. */
const LARGEST_STATEMENT = 65_536;

/** Waits until the stream has room again, or is closed. */
export const hasRoom = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.on('drain', done).on('close', done);
  });
