import { Transform, type TransformCallback } from 'node:stream';
import type { Terminal } from './terminal.ts';
/** Counts and hashes what flows through it, and shows how far it is and how fast. */
export declare class Meter extends Transform {
  #private;
  size: number;
  /**
   * @param what `backing up`
   * @param whole bytes to expect, where they are known
   */
  constructor(terminal: Terminal, what: string, whole?: number);
  _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void;
  /** Of all that flowed through; to be asked once, at the end. */
  get sha256(): string;
}
/** `restoring … 512.0 MB of 2048.0 MB (25 %), 64.0 MB/s` */
export declare function progressLine(what: string, bytes: number, seconds: number, whole?: number): string;
