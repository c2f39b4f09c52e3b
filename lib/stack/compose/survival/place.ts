import { posix } from 'node:path';

/** A mount of a container. */
export interface Mount {
  readonly kind: 'volume' | 'folder' | 'memory';
  /** A volume's name, '' for a new anonymous volume; or a folder on the engine's host. */
  readonly source: string;
  readonly destination: string;
}

/** The storage of a path in a container. */
export type Place =
  | { readonly kind: 'volume'; readonly name: string; readonly path: string }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'memory' }
  | { readonly kind: 'layer' };

/** A part of the data, and its path in the container. */
interface Part {
  readonly what: string;
  readonly path: string;
}

/** A server's data in a container. All paths are those in the container. */
export interface DataFiles {
  /** `there`: found. `none`: there is none. `unknown`: it could not be found out; `why` tells the reason. */
  readonly state: 'there' | 'none' | 'unknown';
  readonly why?: string;
  /** The data directory, as the server's settings name it. */
  readonly directory: string;
  /** The same with all links resolved. */
  readonly real: string;
  /** Links in the path to the data: a new container needs them as well. `ofImage`: the same image has the link. */
  readonly links: readonly { readonly path: string; readonly ofImage: boolean }[];
  /** Parts of the data outside the data directory, behind links: pg_wal, tablespaces. Links are resolved. */
  readonly elsewhere: readonly Part[];
}

/** An existing container, and the server's data in it. */
export interface Present {
  readonly mounts: readonly Mount[];
  readonly data: DataFiles;
}

/** A container that compose would create. */
export interface Planned {
  readonly mounts: readonly Mount[];
  /** The data directory of its server; undefined if unknown. */
  readonly directory: string | undefined;
  /** Whether it has the same image as the present container. */
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

/** The mount that holds a path: of all mounts at or above it, the deepest one. */
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

/** Whether two places hold the same files for two containers. Memory and a container's own layer never do. */
export function isSame(a: Place, b: Place): boolean {
  if (a.kind === 'volume' && b.kind === 'volume')
    return a.name !== '' && a.name === b.name && a.path === b.path;
  return a.kind === 'folder' && b.kind === 'folder' && a.path === b.path;
}

/** What a server recreates at each start: https://www.postgresql.org/docs/current/storage-file-layout.html */
const PASSING =
  /^(pg_stat_tmp|pg_notify|pg_serial|pg_snapshots|pg_subtrans|pg_replslot\/\.tmp|base\/pgsql_tmp)(\/|$)/;

/** Mounts below the data directory, as paths relative to it. */
const mountsBelow = (real: string, mounts: readonly Mount[]): string[] =>
  mounts
    .map(({ destination }) => posix.relative(real, destination))
    .filter((path) => path !== '' && !/^\.\.(\/|$)/.test(path) && !PASSING.test(path));

/**
 * The part of a server's data that a new container would not have; undefined if it would have all. The rule: in the new
 * container, each path that leads to the data must be in the same volume or folder as now. Pure.
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
  // If the directory stays the same, the new container follows the same links. The checks below make sure of that.
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

/** The first path of the data that is in memory, so that it is lost when the container stops. Pure. */
export function inMemory({ mounts, data }: Present): string | undefined {
  if (data.state === 'none') return undefined;
  const { real, elsewhere } = data;
  const paths = [real, ...mountsBelow(real, mounts).map((path) => posix.join(real, path))];
  // If the place of the data is unknown, it may be in any of the mounts.
  if (data.state === 'unknown')
    paths.push(...mounts.map(({ destination }) => destination).filter(mayHoldData));
  return [...paths, ...elsewhere.map(({ path }) => path)].find(
    (path) => placeOf(path, mounts).kind === 'memory',
  );
}

const mayHoldData = (path: string): boolean => !/^\/(tmp|run|var\/run|var\/tmp|dev\/shm)(\/|$)/.test(path);

/**
 * The mounts of a container that compose creates: those of the configuration, and an anonymous volume for each other
 * volume path of the image. If it replaces a container, it takes over what that one has at such paths, even a named
 * volume.
 *
 * @see https://docs.docker.com/reference/compose-file/services/#volumes
 * @see https://docs.docker.com/reference/cli/docker/compose/up/ (`--renew-anon-volumes`)
 * @param ofImage the image's volume paths
 * @param replaced the mounts of the container that it replaces
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

/** The variables and the command of a container, which tell the server's data directory. */
export interface Start {
  readonly env: readonly string[];
  readonly words: readonly string[];
}

/**
 * The data directory by a container's start: from the server's options, else PGDATA, else the default of the official
 * image before version 18.
 *
 * @see https://www.postgresql.org/docs/current/app-postgres.html
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
 * The data directory of a new container's server. Usually the one that its start gives. But if the present data is not
 * where the present start says (because of a configuration file or a special image), it is known only for the same
 * start.
 *
 * @param now the directory by the start of the present container
 * @param then the directory by the start of the new one
 * @returns undefined if unknown
 */
export const directoryToBe = (data: DataFiles, now: string, then: string): string | undefined =>
  data.directory === now ? then : now === then ? data.directory : undefined;
