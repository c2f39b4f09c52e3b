import { Transform, type TransformCallback } from 'node:stream';
/** What a client sends to a server, with that question changed. */
export declare class WithoutInternalOptions extends Transform {
  #private;
  _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void;
  _flush(done: TransformCallback): void;
}
