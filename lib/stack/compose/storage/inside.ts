import { posix } from 'node:path';
import { holds } from '../containers/containers.ts';
import type { Mount } from '../containers/mounts.ts';

/** The links and mounts of a data directory, as its container sees them. */
export interface Inside {
  /** The data directory with all links resolved; undefined if it does not exist yet. */
  readonly directory: string | undefined;
  readonly links: readonly Link[];
  /** The mounts, with links in their destinations resolved, and whether each one is a folder. */
  readonly mounts: readonly (Mount & { readonly folder: boolean })[];
}

export interface Link {
  readonly path: string;
  /** Its resolved target; for a broken link the target as written. */
  readonly to: string;
  readonly kind: 'folder' | 'file' | 'nothing';
}

/**
 * Prints the links of a data directory ($1), and the mount points (the other arguments). A zero byte ends each word,
 * because a path may contain any other byte. `find` stays on one file system: mounts in it are among the arguments.
 */
export const TELL = `
  real() { readlink -f "$1" && printf .; }
  data=$1; shift
  at=$(real "$data") && at=\${at%??}
  if [ -d "$at" ]; then
    printf 'data\\0%s\\0' "$at"
    find "$at" -xdev -type l -exec sh -c '
      for link do
        to=$(readlink -f "$link" && printf .) || to=$(readlink "$link" && printf .)
        kind=nothing
        if [ -d "$link" ]; then kind=folder; elif [ -e "$link" ]; then kind=file; fi
        printf "link\\0%s\\0%s\\0%s\\0" "$link" "\${to%??}" "$kind"
      done' sh {} +
  fi
  for point do
    at=$(real "$point") && at=\${at%??} || at=$point
    kind=file; [ -d "$at" ] && kind=folder
    printf 'mount\\0%s\\0%s\\0' "$at" "$kind"
  done
  printf 'end\\0'
`;

/** Parses the output of TELL. @throws Error when its end is missing */
export function readTold(told: string, mounts: readonly Mount[]): Inside {
  const pieces = told.split('\0');
  const next = (): string => pieces.shift()!;
  let directory: string | undefined;
  const links: Link[] = [];
  const found: (Mount & { folder: boolean })[] = [];
  for (;;) {
    const word = next();
    if (word === 'end') return { directory, links, mounts: found };
    if (word === 'data') directory = next();
    else if (word === 'link') links.push({ path: next(), to: next(), kind: next() as Link['kind'] });
    else if (word === 'mount')
      found.push({ ...mounts[found.length]!, destination: next(), folder: next() === 'folder' });
    else throw new Error('the look into the data directory was cut');
  }
}

/** A part of the data, and its path: `tablespace 16400`, `/fast`. */
export interface Part {
  readonly what: string;
  readonly path: string;
  /** The mount that holds it; undefined for the container's own layer and for tmpfs, which end with the container. */
  readonly mount: Mount | undefined;
}

/**
 * The parts of the data that are, or may be, on other storage: the data directory itself, targets of links in it, and
 * mounts in it. A link to a configuration file is not data.
 */
export function partsOf({ directory, links, mounts }: Inside): Part[] {
  if (directory === undefined) return [];
  const below = (path: string): string => posix.relative(directory, path);
  const isBelow = (path: string): boolean => !/^(\.\.(\/|$)|$)/.test(below(path));
  const parts = [
    { what: 'the data directory', path: directory },
    ...links
      .filter(({ path, kind }) => kind !== 'file' || below(path).includes('/'))
      .map(({ path, to }) => ({ what: nameOf(below(path)), path: posix.resolve(posix.dirname(path), to) })),
    ...mounts
      .filter(({ destination, folder }) => folder && isBelow(destination))
      .map(({ destination }) => ({ what: below(destination), path: destination })),
  ];
  return parts.map((part) => {
    const mount = holds(part.path, mounts);
    return { ...part, mount: mount?.type === 'tmpfs' ? undefined : mount };
  });
}

const nameOf = (path: string): string => path.replace(/^pg_tblspc\/(\d+)$/, 'tablespace $1');
