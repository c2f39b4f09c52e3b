import type { Environment } from '../../../environment/resolve.ts';
import { ConfigurationError } from '../../../errors.ts';
import { alembicHere } from '../../alembic/alembic-here.ts';
import type { Place } from '../../alembic/run-alembic.ts';
import type { Stack, StackOptions } from '../../stack.ts';
import { migrating } from './alembic.ts';
import { composeFile, type ComposeConfig } from '../config/config.ts';
import { engineEndpoint } from '../engine/endpoint.ts';
import { askOrThrow, type Engine } from '../engine/engine.ts';
import type { DatabaseSettings } from '../connection/login.ts';

interface About {
  readonly environment: Environment;
  readonly engine: Engine;
  readonly config: ComposeConfig;
  readonly settings: DatabaseSettings;
  readonly databaseService: string;
}

/**
 * Makes the methods of `Stack` that migrate: in a container of the application's service, or on this machine if no
 * service has the migrations.
 *
 * @param database the ID of the database's container; throws if it does not run
 * @param ask asks on a session of makesafe; default: the environment's database
 */
export function migrations(
  about: About,
  options: StackOptions,
  database: () => Promise<string>,
  ask: Place['ask'],
): Pick<Stack, 'alembic' | 'isBuiltIn'> {
  const { environment, config, settings } = about;
  const { actor, terminal } = options;
  if (!isOnHost(environment, config)) return migrating({ ...about, actor, terminal }, database, ask);
  const variables = async (): Promise<Readonly<Record<string, string>>> => {
    const { host, port } = await publishedAddress(about, await database());
    const { user, name, password } = settings;
    return {
      ...{ POSTGRES_HOST: host, POSTGRES_PORT: port, POSTGRES_USER: user },
      ...{ POSTGRES_DB: name, POSTGRES_PASSWORD: password },
    };
  };
  return {
    isBuiltIn: () => false,
    alembic: alembicHere(environment, options, { ask, variables }),
  };
}

/** Whether Alembic runs on this machine: the registry says so, or names no service and none has the default name. */
export const isOnHost = ({ names }: Environment, { services }: ComposeConfig): boolean =>
  names.alembicOnHost || (!names.application.stated && !Object.hasOwn(services, names.application.service));

interface Published {
  readonly NetworkSettings: {
    readonly Ports?: Readonly<
      Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>
    > | null;
  };
}

/** The address at which this machine reaches a container's database. @throws ConfigurationError without such a port */
async function publishedAddress(
  { environment, engine, settings, databaseService, config }: About,
  container: string,
): Promise<{ readonly host: string; readonly port: string }> {
  const { NetworkSettings } = await askOrThrow<Published>(engine.ask, `/containers/${container}/json`);
  const endpoint = await engineEndpoint(environment.entry);
  const found = addressFrom(NetworkSettings.Ports ?? {}, settings.port, endpoint);
  if (found) return found;
  if (config.services[databaseService]?.network_mode === 'host')
    return { host: machineOf(endpoint), port: String(settings.port ?? 5432) };
  const port = settings.port ?? 5432;
  throw new ConfigurationError(
    `Alembic runs on this machine, and service ${databaseService} of ${composeFile(environment)} publishes no port that it could reach`,
    {
      hint: [
        `write for it: ports: ["127.0.0.1:${port}:${port}"], then: make up ENV=${environment.name}`,
        'or name the service that has Alembic: application: { service: … } in env/environments.ts',
      ].join('\n'),
    },
  );
}

/**
 * Of the ports that a container publishes, finds the one of its server. Pure.
 *
 * @param port the server's port in the container; undefined if unknown: then it must be the only one
 * @param endpoint the engine's endpoint: its machine publishes the port
 */
export function addressFrom(
  ports: NonNullable<Published['NetworkSettings']['Ports']>,
  port: number | undefined,
  endpoint: string,
): { readonly host: string; readonly port: string } | undefined {
  const tcp = Object.entries(ports).filter(([key, to]) => key.endsWith('/tcp') && to && to.length > 0);
  const meant =
    tcp.find(([key]) => key === `${port}/tcp`) ??
    (port === undefined && tcp.length === 1 ? tcp[0] : undefined);
  const machine = machineOf(endpoint);
  const isHere = machine === '127.0.0.1';
  for (const { HostIp, HostPort } of meant?.[1] ?? []) {
    if (/^(0\.0\.0\.0|::|)$/.test(HostIp)) return { host: machine, port: HostPort };
    // The loopback address of another machine cannot be reached.
    if (isHere || !/^(127\.|::1$)/.test(HostIp)) return { host: HostIp, port: HostPort };
  }
  return undefined;
}

/** The machine of an engine: `ssh://me@stg.example:2222`, `tcp://10.0.0.5:2376`; this one for a socket. */
const machineOf = (endpoint: string): string =>
  endpoint.match(/^(?:ssh|tcp|https?):\/\/(?:[^@/]*@)?(\[[^\]]*\]|[^:/]+)/)?.[1]?.replaceAll(/[[\]]/g, '') ??
  '127.0.0.1';
