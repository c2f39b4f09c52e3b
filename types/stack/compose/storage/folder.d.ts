import type { Docker } from '../engine/docker.ts';
import type { Engine } from '../engine/engine.ts';
import { type Helper } from './helper.ts';
/** A folder of the engine's host, and the data directory's place below it ('' for itself). */
export interface Place {
  readonly source: string;
  readonly data: string;
}
/**
 * What is in the place of a data directory, seen by root on the engine's own host. `absent` only where the folder above was
 * read and does not have it; `mount` where another file system begins in it; `unread` where it could not be looked at.
 */
export type Holds = 'absent' | 'empty' | 'data directory' | 'other' | 'link' | 'mount' | 'unread';
/** @throws MissingImageError */
export declare function lookInto(
  engine: Engine,
  docker: Docker,
  { source, data }: Place,
  image: string,
): Promise<Holds>;
/** What empties a data directory, if there is one, and leaves the folder itself. A look follows. */
export declare const emptying: ({ source, data }: Place, image: string) => Helper;
/**
 * True for a folder below the project, wherever links lead. The project's own folder is not inside itself.
 *
 * @param here false for a folder of another machine: what this one has in that place says nothing of it
 */
export declare function isInside(folder: string, root: string, here?: boolean): boolean;
/**
 * Whether a folder below the project is behind a link, on the engine's own host. Compose makes the same paths there.
 *
 * @throws MissingImageError
 */
export declare function isBehindLink(
  engine: Engine,
  docker: Docker,
  folder: string,
  root: string,
  image: string,
): Promise<boolean>;
