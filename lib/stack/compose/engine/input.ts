import { Writable } from 'node:stream';

/**
 * What is written in one go is sent in one piece. In several, what comes through a relay would wait within the
 * container for the server to acknowledge the first: 40 ms for each statement that has parameters.
 */
export class Input extends Writable {
  #to: Writable | undefined;
  #waiting: (() => void) | undefined;

  /** Where it leads; what is written before is kept. */
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
    // Rows fill pieces by themselves, and are too many to be copied.
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

/** Bytes of what is sent in one piece. */
const LARGEST_STATEMENT = 65_536;

/** Waits until somebody has read, or will read no more. */
export const hasRoom = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.on('drain', done).on('close', done);
  });
