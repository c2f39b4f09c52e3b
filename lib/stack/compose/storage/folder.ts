import { existsSync, realpathSync } from 'node:fs';
import { posix, sep } from 'node:path';
import { FailedError } from '../../../errors.ts';
import type { Docker } from '../engine/docker.ts';
import type { Engine } from '../engine/engine.ts';
import { MissingFolderError, fromNearest, runHelper, type Helper } from './helper.ts';

/** A folder on the engine's host, and the data directory's path below it ('' for the folder itself). */
export interface Place {
  readonly source: string;
  readonly data: string;
}

/**
 * What a data directory's path holds, as root sees it on the engine's host. `absent`: the folder above it could be read
 * and does not have it. `mount`: it contains a mount point of another file system. `unread`: it could not be read.
 */
export type Holds = 'absent' | 'empty' | 'data directory' | 'other' | 'link' | 'mount' | 'unread';

/** Prints a value of `Holds`. A point follows each list, because `$(…)` removes line breaks at the end of a name. */
const LOOK = `
  at=$1; shift
  for name do
    names=$(ls -A "$at" && echo .) || { echo unread; exit; }
    if ! [ -e "$at/$name" ] && ! [ -L "$at/$name" ]; then echo absent; exit; fi
    at="$at/$name"
    if [ -L "$at" ]; then echo link; exit; fi
  done
  [ -d "$at" ] || { echo other; exit; }
  # As mountinfo writes it.
  written=$(printf %s "$at" | sed 's/\\\\/\\\\134/g; s/ /\\\\040/g')
  while read -r _ _ _ _ point _; do
    case $point in "$written"/*) echo mount; exit ;; esac
  done < /proc/self/mountinfo
  names=$(ls -A "$at" && echo .) || { echo unread; exit; }
  if [ "$names" = . ]; then echo empty
  elif [ -f "$at/PG_VERSION" ]; then echo data directory
  else echo other; fi
`;

const AT = '/storage';
const words = (path: string): string[] => path.split('/').filter(Boolean);

/** Finds what a data directory's path holds, in a helper container. @throws MissingImageError · FailedError */
export async function lookInto(
  engine: Engine,
  docker: Docker,
  { source, data }: Place,
  image: string,
): Promise<Holds> {
  const folder = posix.join(source, data);
  return fromNearest(source, async (mounted, below) => {
    const path = posix.relative(mounted, posix.join(mounted, below, data));
    const helper = {
      image,
      mounts: [{ type: 'bind', source: mounted, target: AT }],
      script: LOOK,
      args: [AT, ...words(path)],
    } as const;
    const { status, stdout, stderr } = await runHelper(engine, docker, helper);
    if (status !== 0) throw new FailedError(`${folder} cannot be looked at: ${stderr.trim()}`);
    return stdout.trim() as Holds;
  });
}

/** The helper that empties a data directory, if it exists, and keeps the folder. The caller checks the result. */
export const emptying = ({ source, data }: Place, image: string): Helper => ({
  image,
  mounts: [{ type: 'bind', source, target: AT, writable: true }],
  script: 'if [ -e "$1" ]; then find "$1" -xdev -mindepth 1 -delete; fi',
  args: [posix.join(AT, data)],
});

/**
 * Whether a folder is below the project's folder, with links resolved. The project's folder itself is not.
 *
 * @param here false for a folder on another machine: then links on this machine do not matter
 */
export function isInside(folder: string, root: string, here = true): boolean {
  const real = here && existsSync(folder) ? realpathSync(folder) : posix.normalize(folder);
  return real.startsWith(realpathSync(root) + sep);
}

/** Exits with 0 if a part of the path below `/project` is a link, else with 3. */
const LOOK_FOR_LINK = `
  at=/project
  for name do at="$at/$name"; [ -L "$at" ] && exit; done
  exit 3
`;

/**
 * Whether the path of a folder below the project contains a link on the engine's host. Compose uses the same paths
 * there.
 *
 * @throws MissingImageError · FailedError
 */
export async function isBehindLink(
  engine: Engine,
  docker: Docker,
  folder: string,
  root: string,
  image: string,
): Promise<boolean> {
  const project = realpathSync(root);
  const helper = {
    image,
    mounts: [{ type: 'bind', source: project, target: '/project' }],
    script: LOOK_FOR_LINK,
    args: words(posix.relative(project, folder)),
  } as const;
  try {
    const { status, stderr } = await runHelper(engine, docker, helper);
    if (status === 0 || status === 3) return status === 0;
    throw new FailedError(`${folder} cannot be looked at: ${stderr.trim()}`);
  } catch (error) {
    // The host does not have the project's folder, so there is no link in it. `lookInto` checks the folder itself.
    if (error instanceof MissingFolderError) return false;
    throw error;
  }
}
