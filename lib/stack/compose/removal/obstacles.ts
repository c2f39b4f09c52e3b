import { posix } from 'node:path';
import { printable } from '../../../output/printable.ts';
import type { Obstacle } from '../../plan.ts';
import type { ProjectFacts } from './project-facts.ts';
import type { Holds } from '../storage/folder.ts';
import { partsOf, type Part } from '../storage/inside.ts';
import { deviceOf } from '../containers/mounts.ts';

/** Obstacles: the storage is not ours to remove, or would stay. Pure. */
export function storageObstacles(
  { storage, folder, unseen, instead, project, volumes }: ProjectFacts,
  removed: ReadonlySet<string>,
): Obstacle[] {
  const obstacle = (reason: string, remedy = instead): Obstacle[] => [{ reason, remedy }];
  if (unseen !== undefined) return obstacle(`the storage cannot be looked into: ${unseen}`);
  if (storage.kind === 'device')
    return obstacle(
      `the data is on ${storage.device} and stays there when volume ${storage.name} is removed`,
    );
  if (storage.kind === 'volume' && storage.external)
    return obstacle(
      `the data is in the external volume ${storage.name}, which compose does not remove`,
      `${instead}, or remove it by hand: docker volume rm ${storage.name}`,
    );
  if (
    storage.kind === 'volume' &&
    volumes.some(({ Name }) => Name === storage.name) &&
    !removed.has(storage.name)
  )
    return obstacle(
      `the data is in volume ${storage.name}, and neither the compose file nor its label says that it is ${project}'s`,
      `${instead}, or remove it by hand afterwards: docker volume rm ${storage.name}`,
    );
  if (storage.kind !== 'bind' || folder === undefined) return [];
  const path = printable(posix.join(storage.source, storage.data));
  if (folder.lies === 'outside') return obstacle(`the data is in ${path}, which is outside this project`);
  if (folder.lies === 'behind a link')
    return obstacle(`a link in ${path} may lead outside this project on the engine's host`);
  const why: Partial<Record<Holds, string>> = {
    other: `${path} holds files but no PG_VERSION: it is not a data directory of PostgreSQL`,
    link: `${path} is a link: what it leads to would stay`,
    mount: `another file system is mounted in ${path}: what is there would stay`,
    unread: `${path} cannot be read, not even by root of a container: what is in it is not known`,
  };
  const reason = why[folder.holds];
  return reason === undefined
    ? []
    : obstacle(reason, folder.holds === 'other' ? `look into it; ${instead}` : instead);
}

/** Obstacles: parts of the data that would stay, because no removed container or volume, nor the folder, holds them. */
export function elsewhere(
  { inside, storage, volumes, instead }: ProjectFacts,
  removed: ReadonlySet<string>,
): Obstacle[] {
  if (!inside) return [];
  const emptied = storage.kind === 'bind' ? posix.join(storage.source, storage.data) : undefined;
  const gone = ({ path, mount }: Part): boolean => {
    if (mount === undefined) return true;
    const volume = mount.type === 'volume' ? volumes.find(({ Name }) => Name === mount.source) : undefined;
    const device = volume && deviceOf(volume);
    if (mount.type === 'volume' && device === undefined) return removed.has(mount.source);
    const below = posix.relative(mount.destination, path);
    const folder = posix.join(device ?? mount.source, below);
    return emptied !== undefined && !posix.relative(emptied, folder).startsWith('..');
  };
  // `storageObstacles` has already reported an external volume or a folder outside the project.
  const [whole, ...parts] = partsOf(inside);
  const said = storage.kind === 'device' || (storage.kind === 'volume' && !removed.has(storage.name));
  return [...(whole && !said ? [whole] : []), ...parts]
    .filter((part) => !gone(part) && !(said && part.mount === whole?.mount))
    .map((part) => ({
      reason: `${part.what} lies elsewhere (${placeOf(part)}) and would stay`,
      remedy: instead,
    }));
}

const placeOf = ({ path, mount }: Part): string =>
  mount?.type === 'volume'
    ? `volume ${mount.source}`
    : `folder ${printable(posix.join(mount!.source, posix.relative(mount!.destination, path)))}`;
