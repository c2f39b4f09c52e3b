import type { IncomingMessage } from 'node:http';
import { FailedError } from '../../../errors.ts';

/** A path in a container. For a link, `linkTarget` is its target, with all links in it resolved; else it is empty. */
export interface PathIn {
  readonly linkTarget: string;
  readonly tar: Buffer;
}

/** Reads the answer about a path in a container: its header, and at most `limit` bytes of the tar. */
export async function readPath(response: IncomingMessage, limit: number): Promise<PathIn | undefined> {
  const known = response.headers['x-docker-container-path-stat'];
  const tar = await start(response, limit);
  if (response.statusCode === 404) return undefined;
  if (response.statusCode === 200 && typeof known === 'string') {
    const { linkTarget = '' } = JSON.parse(Buffer.from(known, 'base64').toString()) as Partial<PathIn>;
    return { linkTarget, tar };
  }
  throw new FailedError('the container engine does not tell what is at a path of a container');
}

/** The first bytes of a stream; it does not read the rest. */
async function start(stream: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    // Leaving the loop closes the connection.
    if (length > limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit);
}
