import type { Duplex, Writable } from 'node:stream';
import { hasRoom } from './input.ts';

/** Bytes before each piece of output: which stream, three of nothing, and its length. */
const HEAD = 8;

export interface Flow {
  /** False while whoever takes the output has no room. */
  isRead: boolean;
  /** Told of each piece. */
  readonly heard: () => void;
}

/** Takes apart what the engine sends of both outputs, until the end of it. */
export async function demultiplex(
  connection: Duplex,
  stdout: Writable,
  stderr: Writable,
  flow: Flow,
): Promise<void> {
  let known: Buffer = Buffer.alloc(0);
  let left = 0;
  let to = stdout;
  try {
    for await (const chunk of connection as AsyncIterable<Buffer>) {
      flow.heard();
      known = known.length === 0 ? chunk : Buffer.concat([known, chunk]);
      for (;;) {
        if (left === 0) {
          if (known.length < HEAD) break;
          to = known[0] === 2 ? stderr : stdout;
          left = known.readUInt32BE(4);
          known = known.subarray(HEAD);
        }
        if (known.length === 0) break;
        const piece = known.subarray(0, left);
        known = known.subarray(piece.length);
        left -= piece.length;
        if (to.destroyed) return;
        if (to.write(piece)) continue;
        flow.isRead = false;
        await hasRoom(to);
        flow.isRead = true;
      }
    }
  } catch {
    // A connection that is lost is one that ended: the engine knows what became of the process.
  }
}
