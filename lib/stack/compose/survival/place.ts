import { posix } from 'node:path';

/** What is mounted in a container, and where. */
export interface Mount {
  readonly kind: 'volume' | 'folder' | 'memory';
  /** A volume's name, '' for one that is made with the container; a folder of the engine's host. */
  readonly source: string;
  readonly destination: string;
}

/** Where a path of a container really is. */
export type Place =
  | { readonly kind: 'volume'; readonly name: string; readonly path: string }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'memory' }
  | { readonly kind: 'layer' };

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
  readonly links: readonly { readonly path: string; readonly ofImage: boolean }[];
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
  | { readonly kind: 'unknown'; readonly why: string };

const inside = (folder: string, path: string): boolean => !/^\.\.(\/|$)/.test(posix.relative(folder, path));

/** The mount that holds a path: the one mounted deepest above it. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  return mounts
    .filter(({ destination }) => inside(destination, path))
    .sort((a, b) => b.destination.length - a.destination.length)[0];
}

export function placeOf(path: string, mounts: readonly Mount[]): Place {
  const mount = mountOf(path, mounts);
  if (!mount) return { kind: 'layer' };
  const below = posix.relative(mount.destination, path);
  switch (mount.kind) {
    case 'volume':
      return { kind: 'volume', name: mount.source, path: below };
    case 'folder':
      return { kind: 'folder', path: posix.join(mount.source, below) };
    case 'memory':
      return { kind: 'memory' };
  }
}

/** Whether two containers have the same files there. What a container has for itself alone is never the same. */
export function isSame(a: Place, b: Place): boolean {
  if (a.kind === 'volume' && b.kind === 'volume')
    return a.name !== '' && a.name === b.name && a.path === b.path;
  return a.kind === 'folder' && b.kind === 'folder' && a.path === b.path;
}

/** What a server makes anew at each start: https://www.postgresql.org/docs/current/storage-file-layout.html */
const PASSING =
  /^(pg_stat_tmp|pg_notify|pg_serial|pg_snapshots|pg_subtrans|pg_replslot\/\.tmp|base\/pgsql_tmp)(\/|$)/;

/** Mounts below the data directory, by their place in it. */
const mountsBelow = (real: string, mounts: readonly Mount[]): string[] =>
  mounts
    .map(({ destination }) => posix.relative(real, destination))
    .filter((path) => path !== '' && !/^\.\.(\/|$)/.test(path) && !PASSING.test(path));

/**
 * What of a server's data a new container would not have; undefined where it would have all of them. The rule is one: each
 * path that leads to the data is, in the new container, in the same volume or folder as it is now. Pure.
 */
export function lossOf({ mounts, data }: Present, planned: Planned): Loss | undefined {
  if (data.state === 'none') return undefined;
  if (data.state === 'unknown')
    return { kind: 'unknown', why: data.why ?? 'its data directory was not found' };
  const { directory } = planned;
  if (directory === undefined)
    return { kind: 'unknown', why: 'where a new container would have its data directory is not known' };
  const moved = (what: string, now: string, then: string): Loss | undefined => {
    const [from, to] = [placeOf(now, mounts), placeOf(then, planned.mounts)];
    return isSame(from, to) ? undefined : { kind: 'moved', what, path: now, from, to };
  };
  const stays = directory === data.directory;
  // A link is followed in the new container only where it is found again, and followed to the same place.
  const real = stays ? data.real : directory;
  const first = moved('the data', data.real, real);
  if (first) return first;
  if (data.links.length > 0 && !stays)
    return {
      kind: 'unknown',
      why: `${data.directory} is behind a link, and a new container would use ${directory}`,
    };
  const comes = (path: string): boolean => planned.sameImage && placeOf(path, mounts).kind === 'layer';
  const links = data.links
    .filter(({ path, ofImage }) => !(ofImage && comes(path)))
    .map(({ path }) => moved(`the link ${path}`, path, path));
  const elsewhere = data.elsewhere.map(({ what, path }) => moved(what, path, path));
  const below = new Set([...mountsBelow(data.real, mounts), ...mountsBelow(real, planned.mounts)]);
  const parts = [...below].map((path) =>
    moved(`${path} of the data`, posix.join(data.real, path), posix.join(real, path)),
  );
  return [...links, ...elsewhere, ...parts].find((loss) => loss !== undefined);
}

/** The first of the data that is gone when the container stops: what is in memory. Pure. */
export function inMemory({ mounts, data }: Present): string | undefined {
  if (data.state === 'none') return undefined;
  const { real, elsewhere } = data;
  const paths = [real, ...mountsBelow(real, mounts).map((path) => posix.join(real, path))];
  // Where it is not known, it may be there.
  if (data.state === 'unknown')
    paths.push(...mounts.map(({ destination }) => destination).filter(mayHoldData));
  return [...paths, ...elsewhere.map(({ path }) => path)].find(
    (path) => placeOf(path, mounts).kind === 'memory',
  );
}

const mayHoldData = (path: string): boolean => !/^\/(tmp|run|var\/run|var\/tmp|dev\/shm)(\/|$)/.test(path);

/**
 * The mounts of a container that compose makes: those of the configuration, and a volume for each place for which the image
 * wants one. One that replaces another inherits what that has in such places, also where it was a named volume.
 *
 * https://docs.docker.com/reference/compose-file/services/#volumes, `--renew-anon-volumes` of
 * https://docs.docker.com/reference/cli/docker/compose/up/
 */
export function mountsToBe(
  configured: readonly Mount[],
  ofImage: readonly string[],
  replaced: readonly Mount[] = [],
): Mount[] {
  const isOpen = ({ kind, source }: Mount): boolean => kind === 'volume' && source === '';
  const named = configured.filter((mount) => !isOpen(mount));
  const wanted = new Set([...ofImage, ...configured.filter(isOpen).map(({ destination }) => destination)]);
  const rest = [...wanted]
    .filter((place) => named.every(({ destination }) => destination !== place))
    .map(
      (place): Mount =>
        replaced.find(({ kind, destination }) => kind !== 'memory' && destination === place) ?? {
          ...{ kind: 'volume', source: '', destination: place },
        },
    );
  return [...named, ...rest];
}

/** What a container is started with, of what says where its server has its data. */
export interface Start {
  readonly env: readonly string[];
  readonly words: readonly string[];
}

/**
 * The data directory by what a container is started with: the server's options, else PGDATA, else the official image's
 * place before version 18. https://www.postgresql.org/docs/current/app-postgres.html
 */
export function directoryOf({ env, words }: Start): string {
  const line = words.join(' ');
  const [, option] =
    line.match(/(?:^|\s)(?:-c\s*|--)data[_-]directory=['"]?([^\s'"$]+)/) ??
    line.match(/(?:^|\s)-D\s*['"]?(\/[^\s'"$]+)/) ??
    [];
  const given = env.flatMap((variable) => variable.match(/^PGDATA=(.+)/s)?.[1] ?? []);
  return posix.normalize(option ?? given[0] ?? '/var/lib/postgresql/data').replace(/(.)\/$/, '$1');
}

/**
 * Where the server of a new container would look: as it is started. Where the present one has its data elsewhere than its
 * own start says (by a configuration file, or in an image of another kind), only the same start leads to the same place.
 *
 * @param now by what the present container was started with
 * @param then by what the new one is started with
 */
export const directoryToBe = (data: DataFiles, now: string, then: string): string | undefined =>
  data.directory === now ? then : now === then ? data.directory : undefined;
