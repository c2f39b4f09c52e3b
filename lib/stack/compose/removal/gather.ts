import { existsSync, realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import { posix } from 'node:path';
import { FailedError, messageOf } from '../../../errors.ts';
import { NOTHING, type Plan } from '../../plan.ts';
import type { Target } from '../../stack.ts';
import type { ActualVolume, Container, ListedContainer, ListedNetwork } from '../containers/container.ts';
import { askOrThrow } from '../engine/engine.ts';
import { runIn } from '../engine/exec.ts';
import { planProject } from './plan.ts';
import type { ProjectFacts } from './project-facts.ts';
import { isBehindLink, isInside, lookInto } from '../storage/folder.ts';
import { HELPER_LABEL, MissingFolderError, MissingImageError, runHelper } from '../storage/helper.ts';
import { TELL, readTold, type Inside, type Link } from '../storage/inside.ts';
import { mountsOfContainer, mountsOfService, type Mount } from '../containers/mounts.ts';
import { filesOf } from '../survival/files.ts';
import { databaseImage, type About } from '../connection/target.ts';

/** A plan, and the image of the helper containers that inspect the storage and empty a folder. */
export interface ComposePlan extends Plan {
  readonly image: string;
}

/**
 * Asks the engine for everything that a reset removes.
 *
 * @param container the database's container
 */
export async function gatherPlan(
  about: About,
  target: Target,
  container: Container | undefined,
): Promise<ComposePlan> {
  const { environment, config, databaseService } = about;
  const { ask } = about.engine;
  const [all, listed, networks] = await Promise.all([
    askOrThrow<ListedContainer[]>(ask, '/containers/json', { all: true }),
    askOrThrow<{ Volumes: readonly ActualVolume[] | null }>(ask, '/volumes'),
    askOrThrow<ListedNetwork[]>(ask, '/networks'),
  ]);
  const containers = all.filter(({ Labels }) => Labels?.[HELPER_LABEL] === undefined);
  const volumes = listed.Volumes ?? [];
  const image = databaseImage(about, container);
  const seen = await look(about, target, container, volumes, image);
  return {
    ...NOTHING,
    ...planProject({
      ...{ project: environment.project, databaseService, config, containers, volumes, networks },
      ...{ storage: target.storage, ...seen },
      instead: `empty the database instead: make db-reset-db-env ENV=${environment.name}`,
    }),
    image,
  };
}

type Seen = Pick<ProjectFacts, 'inside' | 'folder' | 'unseen'>;

async function look(
  about: About,
  target: Target,
  container: Container | undefined,
  volumes: readonly ActualVolume[],
  image: string,
): Promise<Seen> {
  try {
    const [inside, folder] = await Promise.all([
      lookInside(about, target, container, volumes, image),
      lookAtFolder(about, target, image),
    ]);
    return { inside, folder, unseen: undefined };
  } catch (error) {
    if (!(error instanceof FailedError)) throw error;
    const why =
      error instanceof MissingImageError
        ? `the engine has no image ${image} to look with; docker pull or build it`
        : messageOf(error);
    return { inside: undefined, folder: undefined, unseen: why };
  }
}

/** Where a bind-mounted data directory is, and what it holds. */
async function lookAtFolder(
  { environment, engine, docker }: About,
  { storage, host }: Target,
  image: string,
): Promise<Seen['folder']> {
  if (storage.kind !== 'bind') return undefined;
  const here = host === hostname();
  const { root } = environment;
  const folder = posix.join(storage.source, storage.data);
  // A folder outside the project is not ours: we need not know its content.
  if (!isInside(storage.source, root, here)) return { lies: 'outside', holds: 'other' };
  const [holds, behind] = await Promise.all([
    lookInto(engine, docker, storage, image),
    here ? false : isBehindLink(engine, docker, folder, root, image),
  ]);
  // Resolve links in the path now, once: later they may lead to another folder.
  const leads = here && existsSync(storage.source) ? realpathSync(storage.source) : storage.source;
  return { lies: behind ? 'behind a link' : 'inside', holds, leads };
}

/** Finds the links and mounts in the data directory: in the database's container, else in a helper with its mounts. */
async function lookInside(
  about: About,
  { storage, running, dataDirectory }: Target,
  container: Container | undefined,
  volumes: readonly ActualVolume[],
  image: string,
): Promise<Inside | undefined> {
  if (dataDirectory === undefined) return undefined;
  const mounts = container
    ? mountsOfContainer(container)
    : mountsOfService(about.config, about.databaseService);
  if (running && container) return askContainer(about, container.Id, dataDirectory, mounts);
  if (container && storage.kind === 'container') return askEngine(about, container.Id, dataDirectory, mounts);
  // A tmpfs ends with the container. Only volumes and folders can be mounted in a helper.
  if (storage.kind !== 'volume' && storage.kind !== 'bind') return undefined;
  const there = mounts.filter(
    ({ type, source }) =>
      type === 'bind' || (type === 'volume' && volumes.some(({ Name }) => Name === source)),
  );
  return askHelper(about, dataDirectory, there, image);
}

/** The size of an entry's header in a tar, and the offset of the entry's type in it, in bytes. */
const [TAR_HEAD, TAR_TYPE] = [512, 156];

/** Error messages, but not about files that disappear while the script runs: those do not matter. */
const complaints = (stderr: string): string =>
  stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.includes('No such file or directory'))
    .join('\n');

const words = (dataDirectory: string, mounts: readonly Mount[]): string[] => [
  dataDirectory,
  ...mounts.map(({ destination }) => destination),
];

async function askContainer(
  { engine }: About,
  id: string,
  dataDirectory: string,
  mounts: readonly Mount[],
): Promise<Inside> {
  let said = '';
  // The container's own user may usually read the data; if not, try root.
  for (const user of [undefined, '0:0']) {
    const { stdout, stderr } = await runIn(
      engine,
      id,
      ['sh', '-c', TELL, 'sh', ...words(dataDirectory, mounts)],
      user === undefined ? {} : { user },
    );
    said = complaints(stderr);
    if (said === '' && stdout.endsWith('end\0')) return readTold(stdout, mounts);
  }
  throw new FailedError(`${dataDirectory} cannot be read in the container: ${said}`);
}

/** For data in a stopped container's own layer: the engine's API tells where pg_wal and the tablespaces are. */
async function askEngine(
  { engine }: About,
  id: string,
  dataDirectory: string,
  mounts: readonly Mount[],
): Promise<Inside | undefined> {
  const files = filesOf(engine, id);
  const directory = await files.realpath(dataDirectory);
  if (!(await files.exists(directory))) return undefined;
  const linked = async (path: string): Promise<Link[]> => {
    const passed: string[] = [];
    const to = await files.realpath(path, passed);
    return passed.length === 0 ? [] : [{ path, to, kind: 'folder' }];
  };
  const spaces = posix.join(directory, 'pg_tblspc');
  const names = (await files.linksIn(spaces)).map(({ name }) => posix.join(spaces, name));
  const links = await Promise.all([posix.join(directory, 'pg_wal'), ...names].map(linked));
  return {
    directory,
    links: links.flat(),
    mounts: await Promise.all(
      mounts.map(async (mount) => {
        const destination = await files.realpath(mount.destination);
        // In a tar, a folder has the type 5.
        const head = await engine.pathIn(id, destination, TAR_HEAD);
        return { ...mount, destination, folder: head?.tar[TAR_TYPE] === 0x35 };
      }),
    ),
  };
}

async function askHelper(
  { engine, docker }: About,
  dataDirectory: string,
  mounts: readonly Mount[],
  image: string,
): Promise<Inside> {
  try {
    const { stdout, stderr } = await runHelper(engine, docker, {
      image,
      mounts: mounts.map(({ type, source, destination: target }) => ({
        ...{ type: type as 'bind' | 'volume', source, target },
      })),
      script: TELL,
      args: words(dataDirectory, mounts),
    });
    const said = complaints(stderr);
    if (said === '' && stdout.endsWith('end\0')) return readTold(stdout, mounts);
    throw new FailedError(`${dataDirectory} cannot be read: ${said || 'the look was cut'}`);
  } catch (error) {
    // A folder that does not exist on the engine's host holds no data: try without it.
    const missing = error instanceof MissingFolderError ? missingOf(error, mounts) : undefined;
    if (missing === undefined) throw error;
    return askHelper(
      { engine, docker } as About,
      dataDirectory,
      mounts.filter((mount) => mount !== missing),
      image,
    );
  }
}

const missingOf = (error: Error, mounts: readonly Mount[]): Mount | undefined =>
  mounts.find(({ type, source }) => type === 'bind' && error.message.trim().endsWith(`: ${source}`));
