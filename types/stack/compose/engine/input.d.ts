import { Writable } from 'node:stream';
/**
 * What is written in one go is sent in one piece. In several, what comes through a relay would wait within the
 * container for the server to acknowledge the first: 40 ms for each statement that has parameters.
 */
export declare class Input extends Writable {
  #private;
  /** Where it leads; what is written before is kept. */
  lead(to: Writable): void;
  write(...args: [never]): boolean;
  _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void;
  _writev(
    chunks: {
      chunk: Buffer;
    }[],
    done: () => void,
  ): void;
  _final(done: () => void): void;
}
/** Waits until somebody has read, or will read no more. */
export declare const hasRoom: (stream: Writable) => Promise<void>;
