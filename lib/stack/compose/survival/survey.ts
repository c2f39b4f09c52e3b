import { posix } from 'node:path';
import { FailedError, messageOf } from '../../../errors.ts';
import type { ComposeConfig, ConfiguredService } from '../config/config.ts';
import { inspectVolumes, listContainers, SERVICE_LABEL } from '../containers/containers.ts';
import type { ActualVolumes, Container } from '../containers/container.ts';
import type { AskEngine, Engine } from '../engine/engine.ts';
import { filesOf } from './files.ts';
import { findData, nowhere } from './find-data.ts';
import { directoryOf, directoryToBe, mountsToBe, type Mount, type Planned, type Present } from './place.ts';

/** The part of a container that tells how it was created, in addition to `Container`. */
type Inspected = Container & {
  readonly Name: string;
  readonly Config: {
    readonly Image: string;
    readonly Cmd: readonly string[] | null;
    readonly Entrypoint: readonly string[] | null;
    readonly Labels: Readonly<Record<string, string>> | null;
  };
};

interface Image {
  readonly Id: string;
  readonly Config: {
    readonly Env?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
    readonly Entrypoint?: readonly string[] | null;
    readonly Volumes?: Readonly<Record<string, object>> | null;
  } | null;
}

/** A container of the project that runs, or ran, a PostgreSQL server. */
export interface DatabaseContainer extends Present {
  /** `destination`: with links resolved. `written`: as in the configuration. */
  readonly mounts: readonly (Mount & { readonly written: string })[];
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly running: boolean;
  /** The data directory by its command and variables. */
  readonly configured: string;
  /** The name of its image, and the image's ID at its creation. */
  readonly image: string;
  readonly imageId: string;
  /** Compose's hash of the configuration at its creation. */
  readonly hash: string | undefined;
}

/** How compose would create a container of a database service. */
export interface PlannedService {
  readonly configured: readonly Mount[];
  readonly ofImage: readonly string[];
  readonly directory: string;
  /** Undefined if the engine does not have the image. */
  readonly imageId: string | undefined;
  /** Why we cannot know how compose would create it. */
  readonly unknown?: string;
}

/** What the engine and the configuration tell, for all services. */
export interface Surveyed {
  readonly config: ComposeConfig;
  readonly volumes: ActualVolumes;
  readonly containers: readonly DatabaseContainer[];
}

/**
 * Finds the containers of the project that have, or had, a database's data: those of the database service, and all
 * others with a variable PGDATA. This includes stopped ones, and those whose service is no longer in the compose file.
 *
 * @param dataDirectory the directory that the database service's server reports; undefined if it does not answer
 */
export async function surveyContainers(
  engine: Engine,
  { config, project, databaseService }: { config: ComposeConfig; project: string; databaseService: string },
  dataDirectory: Promise<string | undefined>,
): Promise<Surveyed> {
  const { ask } = engine;
  // The error matters only where the result is needed: do not report it as unhandled.
  dataDirectory.catch(() => {});
  const listed = await listContainers(ask, project);
  const inspected = await Promise.all(listed.map(({ Id }) => ask<Inspected>(`/containers/${Id}/json`)));
  const databases = inspected.filter(
    (one): one is Inspected => one !== undefined && isDatabase(one, databaseService),
  );
  const maps = await Promise.all(
    databases.length === 0
      ? [inspectVolumes(ask, config, undefined)]
      : databases.map((container) => inspectVolumes(ask, config, container)),
  );
  const volumes: ActualVolumes = new Map(maps.flatMap((map) => [...map]));
  const containers = databases.map(async (container) => {
    const service = container.Config.Labels?.[SERVICE_LABEL] ?? '';
    const running = container.State.Status === 'running';
    const told = running && service === databaseService ? await dataDirectory : undefined;
    const files = filesOf(engine, container.Id);
    const mounts = await Promise.all(
      mountsOf(container, volumes).map(async (mount) => ({
        ...mount,
        destination: await files.realpath(mount.destination),
        written: mount.destination,
      })),
    );
    const configured = directoryOf({
      env: container.Config.Env ?? [],
      words: [...(container.Config.Entrypoint ?? []), ...(container.Config.Cmd ?? [])],
    });
    return {
      ...{ id: container.Id, name: container.Name.replace(/^\//, ''), service, running, mounts, configured },
      data: await findData(files, running, mounts, told, configured).catch((error: unknown) => {
        if (!(error instanceof FailedError)) throw error;
        return { state: 'unknown', why: messageOf(error), ...nowhere(configured) } as const;
      }),
      image: container.Config.Image,
      imageId: container.Config.Labels?.['com.docker.compose.image'] ?? container.Image,
      hash: container.Config.Labels?.['com.docker.compose.config-hash'],
    };
  });
  return { config, volumes, containers: await Promise.all(containers) };
}

const isDatabase = ({ Config }: Inspected, databaseService: string): boolean =>
  Config.Labels?.[SERVICE_LABEL] === databaseService ||
  (Config.Env ?? []).some((variable) => variable.startsWith('PGDATA='));

function mountsOf({ Mounts, HostConfig }: Inspected, volumes: ActualVolumes): Mount[] {
  const mounted = Mounts.map(({ Type, Name = '', Source, Destination }): Mount => {
    const destination = posix.normalize(Destination);
    if (Type === 'volume') return volumeMount(Name, destination, volumes.get(Name)?.Options ?? {});
    return { kind: Type === 'tmpfs' ? 'memory' : 'folder', source: Source, destination };
  });
  return [...mounted, ...inMemory(Object.keys(HostConfig.Tmpfs ?? {}))];
}

const inMemory = (paths: readonly string[]): Mount[] =>
  paths.map((path) => ({ kind: 'memory', source: '', destination: posix.normalize(path) }));

/** A volume may be memory, or bind a folder, which outlives it: `driver_opts: { o: bind, device: ./data }`. */
function volumeMount(name: string, destination: string, options: Readonly<Record<string, string>>): Mount {
  const { type, o = '', device } = options;
  if (device !== undefined && o.split(',').some((option) => /^r?bind$/.test(option)))
    return { kind: 'folder', source: device, destination };
  return { kind: type === 'tmpfs' ? 'memory' : 'volume', source: name, destination };
}

/** Plans how compose would create a container of a service from the present configuration. */
export async function planService(
  ask: AskEngine,
  { config, volumes, containers }: Surveyed,
  name: string,
  project: string,
): Promise<PlannedService> {
  const service = config.services[name]!;
  const reference = imageOf(service, name, project);
  // If no image has the name now, use the image of a container that was created from that name.
  const known = containers.find(({ image: name }) => name === reference)?.imageId;
  const image =
    (await ask<Image>(`/images/${reference}/json`)) ??
    (known === undefined ? undefined : await ask<Image>(`/images/${known}/json`));
  const own = Object.entries(service.environment ?? {}).map(
    ([variable, value]) => `${variable}=${value ?? ''}`,
  );
  const { Env, Cmd, Entrypoint, Volumes } = image?.Config ?? {};
  const entrypoint = words(service.entrypoint);
  // With an entrypoint in the service, compose ignores the image's command.
  // https://docs.docker.com/reference/compose-file/services/#entrypoint
  const command = words(service.command) ?? (entrypoint ? [] : (Cmd ?? []));
  return {
    configured: configuredMounts(service, config, volumes),
    ofImage: Object.keys(Volumes ?? {}).map((path) => posix.normalize(path)),
    directory: directoryOf({
      env: [...own, ...(Env ?? [])],
      words: [...(entrypoint ?? Entrypoint ?? []), ...command],
    }),
    imageId: image?.Id,
    ...(service.volumes_from === undefined
      ? {}
      : { unknown: `${name} takes its volumes from other containers` }),
    ...(image ? {} : { unknown: `the engine does not have image ${reference}` }),
  };
}

export const imageOf = (service: ConfiguredService, name: string, project: string): string =>
  service.image ?? `${project}-${name}`;

const words = (given: string | readonly string[] | null | undefined): readonly string[] | undefined =>
  given === null || given === undefined ? undefined : [given].flat();

function configuredMounts(
  service: ConfiguredService,
  config: ComposeConfig,
  volumes: ActualVolumes,
): Mount[] {
  const { volumes: mounts = [], tmpfs = [] } = service;
  const mounted = mounts.map(({ type, source = '', target, volume }): Mount => {
    const destination = posix.normalize(target);
    if (type === 'tmpfs') return { kind: 'memory', source: '', destination };
    if (type !== 'volume') return { kind: 'folder', source, destination };
    const configured = config.volumes?.[source];
    const name = configured?.name ?? '';
    const mount = volumeMount(name, destination, volumes.get(name)?.Options ?? configured?.driver_opts ?? {});
    // A service may mount only a folder of a volume: another folder of the same volume is another place.
    const { subpath } = volume ?? {};
    return subpath === undefined ? mount : { ...mount, source: posix.join(mount.source, subpath) };
  });
  return [...mounted, ...inMemory([tmpfs].flat().map((path) => path.split(':')[0]!))];
}

/**
 * Plans the container that compose would create.
 *
 * @param how `in its place`: it replaces `present` and takes over its volumes; `anew`: `present` was removed before
 */
export function plan(
  { configured, ofImage, directory, imageId, unknown }: PlannedService,
  present: DatabaseContainer,
  how: 'anew' | 'in its place',
): Planned {
  // If a mount's destination is a link, resolve it as in the present container: both write to the same place.
  const real = new Map(present.mounts.map(({ written, destination }) => [written, destination]));
  const follow = (path: string): string => real.get(path) ?? path;
  const mounts = configured.map((mount) => ({ ...mount, destination: follow(mount.destination) }));
  return {
    mounts: mountsToBe(mounts, ofImage.map(follow), how === 'anew' ? [] : present.mounts),
    directory: unknown === undefined ? directoryToBe(present.data, present.configured, directory) : undefined,
    sameImage: imageId === present.imageId,
  };
}
