/** What is mounted in a container, and where. */
export interface Mount {
  readonly kind: 'volume' | 'folder' | 'memory';
  /** A volume's name, '' for one that is made with the container; a folder of the engine's host. */
  readonly source: string;
  readonly destination: string;
}
/** Where a path of a container really is. */
export type Place =
  | {
      readonly kind: 'volume';
      readonly name: string;
      readonly path: string;
    }
  | {
      readonly kind: 'folder';
      readonly path: string;
    }
  | {
      readonly kind: 'memory';
    }
  | {
      readonly kind: 'layer';
    };
/** A path, or its place below the data directory. */
interface Part {
  readonly what: string;
  readonly path: string;
}
/** What was found of a server's files in a container. Paths are the container's. */
export interface DataFiles {
  /**
   * `there`: they were seen. `none`: it was looked for them, and there are none. `unknown`: it could not be found out
   * where they are; `why` says so.
   */
  readonly state: 'there' | 'none' | 'unknown';
  readonly why?: string;
  /** The data directory as the server was told it. */
  readonly directory: string;
  /** The same, links followed. */
  readonly real: string;
  /** Links that lead to it: a new container needs them as well. Those of the image come with the same image. */
  readonly links: readonly {
    readonly path: string;
    readonly ofImage: boolean;
  }[];
  /** What the data directory has elsewhere, behind links: pg_wal, tablespaces. Links followed. */
  readonly elsewhere: readonly Part[];
}
/** A container that is there, and the server's files in it. */
export interface Present {
  readonly mounts: readonly Mount[];
  readonly data: DataFiles;
}
/** A container that would be made. */
export interface Planned {
  readonly mounts: readonly Mount[];
  /** Where its server would look for its data directory; undefined where nobody can tell. */
  readonly directory: string | undefined;
  /** Whether it is made from the image of the present one. */
  readonly sameImage: boolean;
}
/** Why a new container would not have the data. */
export type Loss =
  | {
      readonly kind: 'moved';
      readonly what: string;
      readonly path: string;
      readonly from: Place;
      readonly to: Place;
    }
  | {
      readonly kind: 'unknown';
      readonly why: string;
    };
/** The mount that holds a path: the one mounted deepest above it. */
export declare function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined;
export declare function placeOf(path: string, mounts: readonly Mount[]): Place;
/** Whether two containers have the same files there. What a container has for itself alone is never the same. */
export declare function isSame(a: Place, b: Place): boolean;
/**
 * What of a server's data a new container would not have; undefined where it would have all of them. The rule is one: each
 * path that leads to the data is, in the new container, in the same volume or folder as it is now. Pure.
 */
export declare function lossOf({ mounts, data }: Present, planned: Planned): Loss | undefined;
/** The first of the data that is gone when the container stops: what is in memory. Pure. */
export declare function inMemory({ mounts, data }: Present): string | undefined;
/**
 * The mounts of a container that compose makes: those of the configuration, and a volume for each place for which the image
 * wants one. One that replaces another inherits what that has in such places, also where it was a named volume.
 *
 * https://docs.docker.com/reference/compose-file/services/#volumes, `--renew-anon-volumes` of
 * https://docs.docker.com/reference/cli/docker/compose/up/
 */
export declare function mountsToBe(
  configured: readonly Mount[],
  ofImage: readonly string[],
  replaced?: readonly Mount[],
): Mount[];
/** What a container is started with, of what says where its server has its data. */
export interface Start {
  readonly env: readonly string[];
  readonly words: readonly string[];
}
/**
 * The data directory by what a container is started with: the server's options, else PGDATA, else the official image's
 * place before version 18. https://www.postgresql.org/docs/current/app-postgres.html
 */
export declare function directoryOf({ env, words }: Start): string;
/**
 * Where the server of a new container would look: as it is started. Where the present one has its data elsewhere than its
 * own start says (by a configuration file, or in an image of another kind), only the same start leads to the same place.
 *
 * @param now by what the present container was started with
 * @param then by what the new one is started with
 */
export declare const directoryToBe: (data: DataFiles, now: string, then: string) => string | undefined;
export {};
