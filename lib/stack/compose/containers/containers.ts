import { posix } from 'node:path';
import type { Storage } from '../../stack.ts';
import type { ComposeConfig } from '../config/config.ts';
import { askOrThrow, type AskEngine } from '../engine/engine.ts';
import { mountsOfContainer, mountsOfService, type Mount } from './mounts.ts';
import type { Container, ListedContainer, ActualVolume, ActualVolumes } from './container.ts';

export const PROJECT_LABEL = 'com.docker.compose.project';
export const SERVICE_LABEL = 'com.docker.compose.service';
/** Its value is the folder of the first compose file. */
export const WORKING_DIR_LABEL = 'com.docker.compose.project.working_dir';

/** A container's names, joined by commas, from the engine's list. */
export const nameOf = ({ Names }: Pick<ListedContainer, 'Names'>): string =>
  Names.map((name) => name.replace(/^\//, '')).join(',');

/** All containers of a project, or of one service in it, without those of `docker compose run`. */
export async function listContainers(
  ask: AskEngine,
  project: string,
  service?: string,
): Promise<readonly ListedContainer[]> {
  const label = [`${PROJECT_LABEL}=${project}`, 'com.docker.compose.oneoff=False'];
  if (service !== undefined) label.push(`${SERVICE_LABEL}=${service}`);
  return askOrThrow<ListedContainer[]>(ask, '/containers/json', { all: true, filters: { label } });
}

/** The container of a service, preferably a running one; undefined if there is none. */
export async function findContainer(
  ask: AskEngine,
  project: string,
  service: string,
): Promise<Container | undefined> {
  const listed = await listContainers(ask, project, service);
  // A container may disappear between the two requests: then it is undefined.
  const inspected = await Promise.all(listed.map(({ Id }) => ask<Container>(`/containers/${Id}/json`)));
  const containers = inspected.filter((one) => one !== undefined);
  return containers.find(({ State }) => State.Status === 'running') ?? containers[0];
}

/** IDs of the running containers, by service. */
export async function runningByService(
  ask: AskEngine,
  project: string,
): Promise<ReadonlyMap<string, string>> {
  const running = (await listContainers(ask, project)).filter(({ State }) => State === 'running');
  // If a service has several, use the first in the list, which is the newest.
  return new Map(running.reverse().map(({ Id, Labels }) => [Labels![SERVICE_LABEL]!, Id]));
}

/** The value of PGDATA; if it is not set, the default of the official image before version 18. */
export function pgdata(env: readonly string[] | null | undefined): string {
  const values = env?.flatMap((variable) => variable.match(/^PGDATA=(.+)/s)?.[1] ?? []);
  return values?.[0] ?? '/var/lib/postgresql/data';
}

/** The existing volumes of the configuration and of the container's mounts, by name. */
export async function inspectVolumes(
  ask: AskEngine,
  config: ComposeConfig,
  container: Container | undefined,
): Promise<ActualVolumes> {
  const names = new Set([
    ...Object.values(config.volumes ?? {}).map(({ name }) => name),
    ...(container?.Mounts ?? []).flatMap(({ Name }) => Name ?? []),
  ]);
  const volumes = await Promise.all([...names].map((name) => findVolume(ask, name)));
  return new Map(volumes.flatMap((volume) => (volume ? [[volume.Name, volume]] : [])));
}

export const findVolume = (ask: AskEngine, name: string): Promise<ActualVolume | undefined> =>
  ask<ActualVolume>(`/volumes/${encodeURIComponent(name)}`);

/** PGDATA of a service without container: from the configuration, else from the image. */
export function configuredPgdata(
  config: ComposeConfig,
  service: string,
  image: readonly string[] = [],
): string {
  const given = config.services[service]?.environment ?? {};
  return pgdata([...Object.entries(given).map(([name, value]) => `${name}=${value ?? ''}`), ...image]);
}

/** The variables of an image, as `NAME=value`; none if the engine does not have the image. */
export async function imageEnvironment(ask: AskEngine, image: string): Promise<readonly string[]> {
  const found = await ask<{ Config: { Env: readonly string[] | null } | null }>(`/images/${image}/json`);
  return found?.Config?.Env ?? [];
}

/** The mount that holds a path: of all mounts at or above it, the deepest one. */
export function holds<M extends { destination: string }>(path: string, mounts: readonly M[]): M | undefined {
  const inside = (folder: string): boolean => !/^\.\.(\/|$)/.test(posix.relative(folder, path));
  return mounts
    .filter(({ destination }) => inside(destination))
    .sort((a, b) => b.destination.length - a.destination.length)[0];
}

/** The storage that holds the data directory of an existing container, running or not. Pure. */
export function storageOfContainer(
  container: Container,
  dataDirectory: string,
  config: ComposeConfig,
  actual: ActualVolumes = new Map(),
): Storage {
  return (
    toStorage(holds(dataDirectory, mountsOfContainer(container)), dataDirectory, config, actual) ?? {
      kind: 'container',
    }
  );
}

/** The storage that will hold the data directory of a service without container, by its configuration. Pure. */
export function storageOfConfig(
  config: ComposeConfig,
  service: string,
  dataDirectory: string,
  actual: ActualVolumes = new Map(),
): Storage {
  const storage = toStorage(
    holds(dataDirectory, mountsOfService(config, service)),
    dataDirectory,
    config,
    actual,
  );
  // An anonymous volume belongs to a container: without a container it has no name.
  return storage === undefined || (storage.kind === 'volume' && storage.name === '')
    ? { kind: 'none' }
    : storage;
}

function toStorage(
  mount: Mount | undefined,
  dataDirectory: string,
  config: ComposeConfig,
  actual: ActualVolumes,
): Storage | undefined {
  switch (mount?.type) {
    case 'bind':
      return {
        kind: 'bind',
        source: mount.source,
        data: posix.relative(mount.destination, dataDirectory),
      };
    case 'tmpfs':
      return { kind: 'tmpfs' };
    case 'volume':
      return volumeStorage(mount, dataDirectory, config, actual.get(mount.source));
    case undefined:
    default:
      return undefined;
  }
}

/** A named volume may be a folder or a device that outlives it: `driver_opts: { o: bind, device: ./data }`. */
function volumeStorage(
  mount: Mount,
  dataDirectory: string,
  config: ComposeConfig,
  actual: ActualVolume | undefined,
): Storage {
  const name = mount.source;
  const configured = Object.values(config.volumes ?? {}).find((volume) => volume.name === name);
  // An existing volume keeps the options of its creation, even if the compose file has changed.
  const driver = actual?.Driver ?? configured?.driver ?? 'local';
  const { type, o = '', device } = actual ? (actual.Options ?? {}) : (configured?.driver_opts ?? {});
  if (device !== undefined && o.split(',').some((option) => /^r?bind$/.test(option))) {
    return { kind: 'bind', source: device, data: posix.relative(mount.destination, dataDirectory) };
  }
  if (type === 'tmpfs') return { kind: 'tmpfs' };
  if (driver !== 'local') return { kind: 'device', name, device: `driver ${driver}` };
  if (device !== undefined) return { kind: 'device', name, device };
  const madeFor = actual?.Labels?.['com.docker.compose.project'];
  return {
    kind: 'volume',
    name,
    anonymous: configured === undefined,
    external: configured?.external ?? false,
    ...(madeFor === undefined ? {} : { madeFor }),
  };
}
