import type { Mount } from '../containers/mounts.ts';
/** What a data directory refers to outside of itself, as its own container sees it. */
export interface Inside {
  /** The data directory with every link followed; undefined where there is none yet. */
  readonly directory: string | undefined;
  readonly links: readonly Link[];
  /** The mounts, with the links in their destinations followed, and whether each is a folder. */
  readonly mounts: readonly (Mount & {
    readonly folder: boolean;
  })[];
}
export interface Link {
  readonly path: string;
  /** Where it ends; as it is written where it ends nowhere. */
  readonly to: string;
  readonly kind: 'folder' | 'file' | 'nothing';
}
/**
 * Tells of a data directory ($1) and of mount points (the other arguments), each piece ended by a zero byte, because a path may
 * hold anything else. `find` walks one file system only: mounts in it are among the arguments.
 */
export declare const TELL =
  '\n  real() { readlink -f "$1" && printf .; }\n  data=$1; shift\n  at=$(real "$data") && at=${at%??}\n  if [ -d "$at" ]; then\n    printf \'data\\0%s\\0\' "$at"\n    find "$at" -xdev -type l -exec sh -c \'\n      for link do\n        to=$(readlink -f "$link" && printf .) || to=$(readlink "$link" && printf .)\n        kind=nothing\n        if [ -d "$link" ]; then kind=folder; elif [ -e "$link" ]; then kind=file; fi\n        printf "link\\0%s\\0%s\\0%s\\0" "$link" "${to%??}" "$kind"\n      done\' sh {} +\n  fi\n  for point do\n    at=$(real "$point") && at=${at%??} || at=$point\n    kind=file; [ -d "$at" ] && kind=folder\n    printf \'mount\\0%s\\0%s\\0\' "$at" "$kind"\n  done\n  printf \'end\\0\'\n';
/** What TELL told. @throws Error when its end is missing */
export declare function readTold(told: string, mounts: readonly Mount[]): Inside;
/** A part of the data, and where it is: `tablespace 16400`, `/fast`. */
export interface Part {
  readonly what: string;
  readonly path: string;
  /** The mount that holds it; undefined for the container's own layer and for memory, which go with it. */
  readonly mount: Mount | undefined;
}
/**
 * The parts of the data that are, or may be, elsewhere than the data directory as it is written: itself behind a link, what
 * links in it lead to, and what is mounted in it. Configuration files that are links are no data.
 */
export declare function partsOf({ directory, links, mounts }: Inside): Part[];
