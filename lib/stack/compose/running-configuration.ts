import { failed, passed, some, type Check } from '../../output/check-result.ts';
import { composeCommand, frozenCommand, inProject, type ConfiguredService } from './config/config.ts';
import { SERVICE_LABEL, listContainers, nameOf } from './containers/containers.ts';
import type { Diagnosed } from './diagnosed.ts';
import { runOrThrow } from './engine/docker.ts';
import { runCompose } from './engine/plugin.ts';

/** A container and the configuration that it was created from. */
export interface MadeContainer {
  readonly service: string;
  readonly name: string;
  /** Compose's own hash of the service's configuration, from the container's label. */
  readonly hash: string | undefined;
  /** `NAME=value` */
  readonly env: readonly string[];
}

/** A container that `up` would recreate. */
interface Outdated {
  readonly service: string;
  readonly container: string;
  /** Names of the variables that have changed. Their values may be secrets, so they are not shown. */
  readonly variables: readonly string[];
}

/**
 * Finds containers that were created from another configuration than the present one. Pure.
 *
 * @param hashes for each service, those of compose for the present configuration: of the files, and of the resolved
 *   configuration. They differ if a service has an `env_file`
 */
export function findOutdated(
  containers: readonly MadeContainer[],
  hashes: ReadonlyMap<string, ReadonlySet<string>>,
  services: Readonly<Record<string, ConfiguredService>>,
): Outdated[] {
  return containers.flatMap(({ service, name, hash, env }) => {
    const now = hashes.get(service);
    if (hash === undefined || now === undefined || now.has(hash)) return [];
    const given = Object.hasOwn(services, service) ? (services[service]!.environment ?? {}) : {};
    return [{ service, container: name, variables: differing(env, given) }];
  });
}

function differing(env: readonly string[], given: Readonly<Record<string, string | null>>): string[] {
  const made = new Map(env.map((variable) => variable.split(/=(.*)/s, 2) as [string, string]));
  return Object.entries(given).flatMap(([name, value]) =>
    value !== null && made.get(name) !== value ? [name] : [],
  );
}

/** `db (POSTGRES_PASSWORD), core_api` */
export const describeOutdated = (found: readonly Outdated[]): string =>
  some(
    found.map(({ service, variables }) =>
      variables.length === 0 ? service : `${service} (${some(variables, 3)})`,
    ),
  );

type About = Pick<Diagnosed, 'environment' | 'engine' | 'config'>;

/** The running containers that `up` would recreate. */
async function readOutdated({ environment, engine, config }: About): Promise<Outdated[]> {
  const running = (await listContainers(engine.ask, environment.project)).filter(
    ({ State }) => State === 'running' || State === 'restarting',
  );
  if (running.length === 0) return [];
  const [hashes, containers] = await Promise.all([
    readHashes({ environment, config }),
    Promise.all(
      running.map(async (one): Promise<MadeContainer> => {
        const made = await engine.ask<{ Config: { Env: string[] | null } }>(`/containers/${one.Id}/json`);
        return {
          service: one.Labels?.[SERVICE_LABEL] ?? '',
          name: nameOf(one),
          hash: one.Labels?.[HASH_LABEL],
          env: made?.Config.Env ?? [],
        };
      }),
    ),
  ]);
  return findOutdated(containers, hashes, config.services);
}

const HASH_LABEL = 'com.docker.compose.config-hash';

/** Compose's own hash of each service of the present configuration, as `up` of the files and of a frozen one labels it. */
export async function readHashes({
  environment,
  config,
}: Pick<About, 'environment' | 'config'>): Promise<Map<string, Set<string>>> {
  const told = await Promise.all([
    runOrThrow(composeCommand(environment, 'config', '--hash', '*'), inProject(environment), runCompose),
    runOrThrow(
      frozenCommand(environment, 'config', '--hash', '*'),
      { ...inProject(environment), input: config.text! },
      runCompose,
    ),
  ]);
  const hashes = new Map<string, Set<string>>();
  for (const { stdout } of told)
    for (const [, service, hash] of stdout.matchAll(/^(\S+) ([0-9a-f]{64})$/gm))
      hashes.set(service!, (hashes.get(service!) ?? new Set()).add(hash!));
  return hashes;
}

export const runningConfiguration: Check<Diagnosed> = {
  name: 'running configuration',
  async look(about) {
    const found = await readOutdated(about);
    if (found.length === 0) return passed('what runs was made from the files as they are');
    return failed(
      `made from an older configuration than the files have now: ${describeOutdated(found)}`,
      `make up ENV=${about.environment.name}`,
    );
  },
};
