import type { IncomingMessage } from 'node:http';
/** A path in a container. Where it is a link, `linkTarget` is where that leads, links behind it followed. */
export interface PathIn {
  readonly linkTarget: string;
  readonly tar: Buffer;
}
/** Reads the answer about a path in a container: its head, and so many bytes of the tar at the most. */
export declare function readPath(response: IncomingMessage, limit: number): Promise<PathIn | undefined>;
