import type { Duplex, Writable } from 'node:stream';
import { hasRoom } from './input.ts';

/**
 * Bytes of the header of each piece of output: the stream, three unused bytes, and the length.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.48/#tag/Container/operation/ContainerAttach
 */
const HEAD = 8;

export interface Flow {
  /** False while the reader of the output has no room. */
  isRead: boolean;
  /** Called for each chunk. */
  readonly heard: () => void;
}

/** Separates standard output and standard error, which the engine sends on one connection, until its end. */
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
    // A lost connection counts as ended: the caller asks the engine for the status of the process.
  }
}
