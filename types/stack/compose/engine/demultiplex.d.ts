import type { Duplex, Writable } from 'node:stream';
export interface Flow {
  /** False while whoever takes the output has no room. */
  isRead: boolean;
  /** Told of each piece. */
  readonly heard: () => void;
}
/** Takes apart what the engine sends of both outputs, until the end of it. */
export declare function demultiplex(
  connection: Duplex,
  stdout: Writable,
  stderr: Writable,
  flow: Flow,
): Promise<void>;
