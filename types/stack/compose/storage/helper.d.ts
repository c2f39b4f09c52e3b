import { FailedError } from '../../../errors.ts';
import { type Result } from '../../../system/process.ts';
import type { Docker } from '../engine/docker.ts';
import type { Engine } from '../engine/engine.ts';
/** A mount as the engine's API takes it: a path may hold any character, where `--mount` would read it as CSV. */
export interface Mount {
  readonly type: 'bind' | 'volume';
  /** A folder of the engine's host, or the name of a volume. */
  readonly source: string;
  readonly target: string;
  readonly writable?: boolean;
}
/** Marks a helper, so that nobody takes it for a user of what it looks at. */
export declare const HELPER_LABEL = 'makesafe.helper';
/** A shell script in a container of its own. */
export interface Helper {
  readonly image: string;
  readonly mounts: readonly Mount[];
  readonly script: string;
  readonly args: readonly string[];
}
/**
 * The container as the engine is asked for it: as root, because only the database's own user may read its files, without
 * a network, and removed when it ends.
 *
 * https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerCreate
 */
export declare function helperContainer({ image, mounts, script, args }: Helper): object;
/**
 * Runs a script in a helper and waits for it, whatever its status.
 *
 * @throws MissingImageError · MissingFolderError when the engine cannot make the container
 */
export declare function runHelper(engine: Engine, docker: Docker, helper: Helper): Promise<Result>;
/** The engine does not have the image that a helper needs. */
export declare class MissingImageError extends FailedError {}
/** The engine's host does not have the folder that a helper mounts. */
export declare class MissingFolderError extends FailedError {}
/** The nearest folder above that the engine's host has, as seen by it; the look is made there. */
export declare function fromNearest<T>(
  folder: string,
  look: (mounted: string, below: string) => Promise<T>,
): Promise<T>;
