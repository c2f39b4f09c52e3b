import { existsSync, realpathSync } from 'node:fs';
import { posix, sep } from 'node:path';
import { FailedError } from '../../../errors.ts';
import type { Docker } from '../engine/docker.ts';
import type { Engine } from '../engine/engine.ts';
import { MissingFolderError, fromNearest, runHelper, type Helper } from './helper.ts';

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

/** A name that ends in a line break would be lost to `$(…)`, so a point follows each list. */
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

/** @throws MissingImageError */
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

/** What empties a data directory, if there is one, and leaves the folder itself. A look follows. */
export const emptying = ({ source, data }: Place, image: string): Helper => ({
  image,
  mounts: [{ type: 'bind', source, target: AT, writable: true }],
  script: 'if [ -e "$1" ]; then find "$1" -xdev -mindepth 1 -delete; fi',
  args: [posix.join(AT, data)],
});

/**
 * True for a folder below the project, wherever links lead. The project's own folder is not inside itself.
 *
 * @param here false for a folder of another machine: what this one has in that place says nothing of it
 */
export function isInside(folder: string, root: string, here = true): boolean {
  const real = here && existsSync(folder) ? realpathSync(folder) : posix.normalize(folder);
  return real.startsWith(realpathSync(root) + sep);
}

/** Ends well where something on the way below `/project` is a link. */
const LOOK_FOR_LINK = `
  at=/project
  for name do at="$at/$name"; [ -L "$at" ] && exit; done
  exit 3
`;

/**
 * Whether a folder below the project is behind a link, on the engine's own host. Compose makes the same paths there.
 *
 * @throws MissingImageError
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
    // Without the project there is no link in it; the folder itself is looked at as well.
    if (error instanceof MissingFolderError) return false;
    throw error;
  }
}
