import { posix } from 'node:path';
import type { Environment } from '../../../environment/resolve.ts';
import { once } from '../../../system/memoise.ts';
import type { Storage, Target } from '../../stack.ts';
import { digestsOf, type ComposeConfig } from '../config/config.ts';
import type { DatabaseSettings } from './login.ts';
import {
  configuredPgdata,
  findContainer,
  imageEnvironment,
  inspectVolumes,
  pgdata,
  storageOfConfig,
  storageOfContainer,
} from '../containers/containers.ts';
import type { ActualVolumes, Container } from '../containers/container.ts';
import type { Docker } from '../engine/docker.ts';
import { engineEndpoint } from '../engine/endpoint.ts';
import { engineHost, type Engine } from '../engine/engine.ts';
import { mountings, otherUsers } from '../storage/users.ts';

/** The database service of a compose stack, and what is needed to ask about it. */
export interface About {
  readonly environment: Environment;
  readonly docker: Docker;
  readonly engine: Engine;
  readonly config: ComposeConfig;
  readonly settings: DatabaseSettings;
  readonly databaseService: string;
}

/**
 * Finds what a destructive task will destroy, as the engine reports it.
 *
 * @param dataDirectory what the server reports; undefined if it does not
 * @param seen the result of the last call: if the container is the same, its engine's host is the same too
 */
export async function readTarget(
  about: About,
  dataDirectory: Promise<string | undefined>,
  seen?: Target,
): Promise<Target> {
  const { environment, config, settings, databaseService } = about;
  const { ask } = about.engine;
  const { project } = environment;
  // Ask in parallel what depends on nothing else. The host's name is slow: for `/info` the engine starts programs.
  const host = once(() => engineHost(ask));
  const [engine, all] = [engineEndpoint(environment.entry), mountings(ask)];
  for (const answer of seen ? [engine, all] : [engine, all, host()]) answer.catch(() => {});
  const container = await findContainer(ask, project, databaseService);
  const server = container && `container ${container.Id.slice(0, 12)} (${container.State.Status})`;
  const actual = await inspectVolumes(ask, config, container);
  // The server may not run, not answer, not tell this role, or have been killed during initdb. Then use the container's
  // PGDATA: a reset may be what the person needs.
  const place = container
    ? ((await dataDirectory) ?? pgdata(container.Config.Env))
    : await futureDataDirectory(about);
  const storage = container
    ? storageOfContainer(container, place, config, actual)
    : storageOfConfig(config, databaseService, place, actual);
  const users = otherUsers(await all, storage, project);
  const { name: database, user } = settings;
  return {
    ...{ engine: await engine, project, database, user, storage, server },
    host: seen && server !== undefined && server === seen.server ? seen.host : await host(),
    running: container?.State.Status === 'running',
    otherUsers: users,
    dataDirectory: place,
    folder: folderOf(storage, actual),
    configuration: digestsOf(config),
  };
}

function folderOf(storage: Storage, actual: ActualVolumes): string | undefined {
  if (storage.kind === 'bind') return posix.join(storage.source, storage.data);
  return storage.kind === 'volume' ? actual.get(storage.name)?.Mountpoint || undefined : undefined;
}

/** An image to inspect a data directory with: that of the container, else that of the configuration. */
export function databaseImage(
  { environment, config, databaseService }: About,
  container: Container | undefined,
): string {
  // Compose's name for an image that it builds and that has no name.
  const built = `${environment.project}-${databaseService}`;
  return container?.Image ?? config.services[databaseService]?.image ?? built;
}

/** The data directory of a service without container: from the compose file, else from the image. */
async function futureDataDirectory(about: About): Promise<string> {
  const image = await imageEnvironment(about.engine.ask, databaseImage(about, undefined));
  return configuredPgdata(about.config, about.databaseService, image);
}
