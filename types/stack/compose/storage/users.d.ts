import type { Storage } from '../../stack.ts';
import { type Ask } from '../engine/engine.ts';
/** A container, running or not, and what it mounts: names of volumes, folders of the engine's host. */
export interface Mounting {
  readonly name: string;
  /** Its compose project; empty for a container that compose did not make. */
  readonly project: string;
  readonly mounts: readonly string[];
}
/** All containers of an engine, with what they mount. */
export declare function mountings(ask: Ask): Promise<readonly Mounting[]>;
/** Containers of other projects that use a storage, for people to read. */
export declare function otherUsers(
  containers: readonly Mounting[],
  storage: Storage,
  project: string,
): string[];
/** Pure but for links, which are followed where the folder is on this machine. */
export declare function selectOtherUsers(
  containers: readonly Mounting[],
  storage: Storage,
  project: string,
): Mounting[];
