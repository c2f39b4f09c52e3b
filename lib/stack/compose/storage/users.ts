import { posix } from 'node:path';
import { isNested } from '../../../system/files.ts';
import type { Storage } from '../../stack.ts';
import { PROJECT_LABEL, nameOf } from '../containers/containers.ts';
import type { ListedContainer } from '../containers/container.ts';
import { askOrThrow, type AskEngine } from '../engine/engine.ts';
import { HELPER_LABEL } from './helper.ts';

/** A container, running or not, and what it mounts: names of volumes, folders on the engine's host. */
interface Mounting {
  readonly name: string;
  /** Its compose project; empty for a container that compose did not create. */
  readonly project: string;
  readonly mounts: readonly string[];
}

/** All containers of an engine, with what they mount. */
export async function mountings(ask: AskEngine): Promise<readonly Mounting[]> {
  const listed = await askOrThrow<ListedContainer[]>(ask, '/containers/json', { all: true });
  // makesafe's helpers, of this run or another, only inspect: they do not count.
  const others = listed.filter(({ Labels }) => Labels?.[HELPER_LABEL] === undefined);
  return others.map(({ Names, Labels, Mounts }) => ({
    name: nameOf({ Names }),
    project: Labels?.[PROJECT_LABEL] ?? '',
    mounts: Mounts.map(({ Name, Source }) => Name ?? Source ?? ''),
  }));
}

/** Containers of other projects that use a storage, for messages. */
export function otherUsers(containers: readonly Mounting[], storage: Storage, project: string): string[] {
  if (!['volume', 'device', 'bind'].includes(storage.kind)) return [];
  return selectOtherUsers(containers, storage, project).map(
    (one) => `${one.name} (${one.project === '' ? 'no compose project' : `project ${one.project}`})`,
  );
}

/** Pure, except that it resolves links if the folder is on this machine. */
function selectOtherUsers(containers: readonly Mounting[], storage: Storage, project: string): Mounting[] {
  const uses =
    storage.kind === 'bind'
      ? (mount: string) => mount.startsWith('/') && isNested(mount, posix.join(storage.source, storage.data))
      : (mount: string) => 'name' in storage && mount === storage.name;
  return containers.filter((one) => one.project !== project && one.mounts.some(uses));
}
