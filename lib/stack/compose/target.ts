import type { Client } from 'pg';
import type { Environment } from '../../environment/resolve.ts';
import { MakesafeError } from '../../errors.ts';
import type { Target } from '../stack.ts';
import type { ComposeConfig, DatabaseSettings } from './config.ts';
import {
  configuredPgdata,
  findContainer,
  imageEnvironment,
  inspectVolumes,
  pgdata,
  storageOfConfig,
  storageOfContainer,
  type Container,
} from './containers.ts';
import { engineEndpoint, type Docker } from './docker.ts';
import { otherUsers } from './users.ts';

/** A compose stack's database service, and where to ask for it. */
export interface About {
  readonly environment: Environment;
  readonly docker: Docker;
  readonly config: ComposeConfig;
  readonly settings: DatabaseSettings;
  readonly databaseService: string;
}

/** Asks the server, on its maintenance database. */
type Ask = <T>(work: (client: Client) => Promise<T>) => Promise<T>;

/** The facts of what a destructive task will destroy, as the engine has them. */
export async function describeTarget(about: About, host: string, ask: Ask): Promise<Target> {
  const { environment, docker, config, settings, databaseService } = about;
  const { project } = environment;
  const [engine, container] = await Promise.all([
    engineEndpoint(environment.entry),
    findContainer(docker, project, databaseService),
  ]);
  const actual = await inspectVolumes(docker, config, container);
  const storage = container
    ? storageOfContainer(container, await dataDirectory(container, ask), config, actual)
    : storageOfConfig(config, databaseService, await futureDataDirectory(about), actual);
  const { name: database, user } = settings;
  return {
    ...{ engine, host, project, database, user, storage },
    server: container && `container ${container.Id.slice(0, 12)} (${container.State.Status})`,
    running: container?.State.Status === 'running',
    otherUsers: await otherUsers(docker, storage, project),
  };
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
  const image = await imageEnvironment(about.docker, databaseImage(about, undefined));
  return configuredPgdata(about.config, about.databaseService, image);
}

async function dataDirectory(container: Container, ask: Ask): Promise<string> {
  const assumed = pgdata(container.Config.Env);
  if (container.State.Status !== 'running') return assumed;
  try {
    return await ask(async (client) => {
      const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
      return rows[0]!.data_directory;
    });
  } catch (error) {
    // Up but not answering, or not to this role, or killed in the middle of initdb and without a database: what the
    // container was told is the best there is, and a reset may be what it needs.
    if (error instanceof MakesafeError || isNotAllowed(error)) return assumed;
    throw error;
  }
}

/** insufficient_privilege: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const isNotAllowed = (error: unknown): boolean => (error as { code?: string }).code === '42501';
