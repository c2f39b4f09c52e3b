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

/** A compose stack's database service, and where to ask for it. */
export interface About {
  readonly environment: Environment;
  readonly docker: Docker;
  readonly engine: Engine;
  readonly config: ComposeConfig;
  readonly settings: DatabaseSettings;
  readonly databaseService: string;
}

/**
 * The facts of what a destructive task will destroy, as the engine has them.
 *
 * @param dataDirectory what the server says, if it says it
 * @param seen what was found the last time: where the same container is there, so is its engine's host
 */
export async function describeTarget(
  about: About,
  dataDirectory: Promise<string | undefined>,
  seen?: Target,
): Promise<Target> {
  const { environment, config, settings, databaseService } = about;
  const { ask } = about.engine;
  const { project } = environment;
  // What depends on nothing is asked for beside all else. For its own name the engine starts programs.
  const host = once(() => engineHost(ask));
  const [engine, all] = [engineEndpoint(environment.entry), mountings(ask)];
  for (const answer of seen ? [engine, all] : [engine, all, host()]) answer.catch(() => {});
  const container = await findContainer(ask, project, databaseService);
  const server = container && `container ${container.Id.slice(0, 12)} (${container.State.Status})`;
  const actual = await inspectVolumes(ask, config, container);
  // Not running, not answering, not telling this role, or killed in the middle of initdb and without a database: what the
  // container was told is the best there is, and a reset may be what it needs.
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

/** The image to look at a data directory with: what the container runs, else what the configuration names. */
export function databaseImage(
  { environment, config, databaseService }: About,
  container: Container | undefined,
): string {
  // What compose builds and nobody names is called this.
  const built = `${environment.project}-${databaseService}`;
  return container?.Image ?? config.services[databaseService]?.image ?? built;
}

/** Without a container: what the compose file says, else what the image does. */
async function futureDataDirectory(about: About): Promise<string> {
  const image = await imageEnvironment(about.engine.ask, databaseImage(about, undefined));
  return configuredPgdata(about.config, about.databaseService, image);
}
