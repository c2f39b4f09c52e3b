import { posix } from 'node:path';
import type { Kept, Obstacle, Plan, PlannedVolume } from '../../plan.ts';
import type { Storage } from '../../stack.ts';
import { PROJECT_LABEL, SERVICE_LABEL, nameOf } from '../containers/containers.ts';
import type { ActualVolume, ListedContainer, ListedNetwork } from '../containers/container.ts';
import { deviceOf } from '../containers/mounts.ts';
import { elsewhere, storageObstacles } from './obstacles.ts';
import type { ProjectFacts } from './project-facts.ts';

/** Plans the reset of a project: what it removes, what stays, and the obstacles. Pure. */
export function planProject(facts: ProjectFacts): Plan {
  const { project, storage } = facts;
  const [ours, others] = partition(facts.containers, ({ Labels }) => Labels?.[PROJECT_LABEL] === project);
  const volumes = removedVolumes(facts, ours);
  const names = new Set(volumes.map(({ Name }) => Name));
  const networks = facts.networks.filter(
    ({ Name, Labels }) => Labels?.[PROJECT_LABEL] === project && !isExternal(facts.config.networks, Name),
  );
  const [shared, own] = partition(networks, (network) => attached(others, network).length > 0);
  return {
    volumes: volumes.map((volume) => plannedVolume(volume, facts, ours)),
    folders:
      storage.kind === 'bind'
        ? [
            {
              path: posix.join(facts.folder?.leads ?? storage.source, storage.data),
              note: "the database's storage; emptied",
            },
          ]
        : [],
    containers: databaseFirst(ours, facts).map((one) => ({
      ...{ id: one.Id, name: nameOf(one), service: one.Labels?.[SERVICE_LABEL] ?? '', state: one.State },
    })),
    networks: own.map(({ Id: id, Name: name }) => ({ id, name })),
    stays: [
      ...shared.map((network) => ({
        what: `network ${network.Name}`,
        why: `used by ${attached(others, network).map(describe).join(', ')}`,
      })),
      ...keptVolumes(facts, ours, names),
      ...keptFolders(facts, ours),
    ],
    obstacles: [
      ...storageObstacles(facts, names),
      ...elsewhere(facts, names),
      ...volumes.flatMap((volume) => volumeObstacles(volume, facts, others)),
    ],
  };
}

function partition<T>(all: readonly T[], test: (one: T) => boolean): [T[], T[]] {
  return [all.filter(test), all.filter((one) => !test(one))];
}

/** `other-db-1 (project other)` */
function describe(container: ListedContainer): string {
  const project = container.Labels?.[PROJECT_LABEL] ?? '';
  return `${nameOf(container)} (${project === '' ? 'no compose project' : `project ${project}`})`;
}

const isExternal = (
  configured: Readonly<Record<string, { readonly name: string; readonly external?: boolean }>> = {},
  name: string,
): boolean => Object.values(configured).some((one) => one.external === true && one.name === name);

const attached = (containers: readonly ListedContainer[], { Id }: ListedNetwork): ListedContainer[] =>
  containers.filter(({ NetworkSettings }) =>
    Object.values(NetworkSettings?.Networks ?? {}).some(({ NetworkID }) => NetworkID === Id),
  );

const mounted = ({ Mounts }: ListedContainer): string[] => Mounts.flatMap(({ Name }) => Name ?? []);

/** The engine gives an anonymous volume a name of 64 hexadecimal digits. */
const isAnonymous = (name: string): boolean => /^[0-9a-f]{64}$/.test(name);

/** Volumes that the configuration creates, that have the project's label, or that are anonymous in its containers. */
function removedVolumes(
  { project, config, volumes, storage }: ProjectFacts,
  ours: readonly ListedContainer[],
): ActualVolume[] {
  const configured = new Set(
    Object.values(config.volumes ?? {}).flatMap(({ name, external }) => (external ? [] : [name])),
  );
  const used = new Set(ours.flatMap(mounted));
  const removed = volumes.filter(({ Name, Labels }) => {
    if (isExternal(config.volumes, Name)) return false;
    const label = Labels?.[PROJECT_LABEL];
    if (configured.has(Name) || label === project) return true;
    return label === undefined && isAnonymous(Name) && used.has(Name);
  });
  const [database, rest] = partition(removed, ({ Name }) => isStorage(Name, storage));
  return [...database, ...rest];
}

const isStorage = (volume: string, storage: Storage): boolean => 'name' in storage && storage.name === volume;

function plannedVolume(
  { Name: name, Mountpoint }: ActualVolume,
  { storage, config }: ProjectFacts,
  ours: readonly ListedContainer[],
): PlannedVolume {
  const users = ours.filter((one) => mounted(one).includes(name));
  const services = [...new Set(users.map(({ Labels }) => Labels?.[SERVICE_LABEL] ?? ''))].filter(Boolean);
  const configured = Object.values(config.volumes ?? {}).some((volume) => volume.name === name);
  const notes = [
    ...(isStorage(name, storage) ? ["the database's storage"] : []),
    ...(isAnonymous(name) ? ['anonymous'] : []),
    ...(services.length > 0 ? [`of ${services.join(', ')}`] : []),
    ...(configured || isAnonymous(name) ? [] : ['no longer in the compose file']),
  ];
  return {
    ...{ name, note: notes.join(', ') },
    ...(Mountpoint === undefined || Mountpoint === '' ? {} : { folder: Mountpoint }),
  };
}

function databaseFirst(
  ours: readonly ListedContainer[],
  { databaseService }: ProjectFacts,
): ListedContainer[] {
  const [database, rest] = partition(ours, ({ Labels }) => Labels?.[SERVICE_LABEL] === databaseService);
  return [...database, ...rest];
}

/** External volumes, and volumes that somebody mounted by hand. */
function keptVolumes(
  { config, volumes }: ProjectFacts,
  ours: readonly ListedContainer[],
  removed: ReadonlySet<string>,
): Kept[] {
  const used = new Set(ours.flatMap(mounted));
  return volumes
    .filter(({ Name }) => !removed.has(Name) && (isExternal(config.volumes, Name) || used.has(Name)))
    .map(({ Name }) => ({
      what: `volume ${Name}`,
      why: isExternal(config.volumes, Name) ? 'external' : "not the project's: mounted by hand",
    }));
}

/** Other folders that the database's containers mount, or that volumes bind. The application's folders hold no data. */
function keptFolders(
  { storage, databaseService, volumes }: ProjectFacts,
  ours: readonly ListedContainer[],
): Kept[] {
  const bound = ours
    .filter(({ Labels }) => Labels?.[SERVICE_LABEL] === databaseService)
    .flatMap(({ Mounts }) =>
      Mounts.flatMap(({ Type, Source }) => (Type === 'bind' && Source ? [Source] : [])),
    );
  const used = new Set(ours.flatMap(mounted));
  const devices = volumes.flatMap((volume) => (used.has(volume.Name) ? (deviceOf(volume) ?? []) : []));
  return [...new Set([...bound, ...devices])]
    .filter((folder) => storage.kind !== 'bind' || folder !== storage.source || storage.data !== '')
    .map((folder) => ({ what: `folder ${folder}`, why: 'mounted' }));
}

/** Obstacles: a volume of another project, by its label or users. `storageObstacles` checks the database's own. */
function volumeObstacles(
  { Name, Labels }: ActualVolume,
  { project, storage }: ProjectFacts,
  others: readonly ListedContainer[],
): Obstacle[] {
  if (isStorage(Name, storage)) return [];
  const label = Labels?.[PROJECT_LABEL];
  const users = others.filter((one) => mounted(one).includes(Name));
  return [
    ...(label !== undefined && label !== project
      ? [
          {
            reason: `volume ${Name} was made for compose project ${label}, and the compose file of ${project} would remove it`,
            remedy: `if it is not ${project}'s, say so in the compose file: external: true (then it stays)`,
          },
        ]
      : []),
    ...(users.length > 0
      ? [
          {
            reason: `volume ${Name} is also mounted by ${users.map(describe).join(', ')}`,
            remedy: 'find out whose it is: docker ps --all --format "{{.Names}} {{.Mounts}}"',
          },
        ]
      : []),
  ];
}
