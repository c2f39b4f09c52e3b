import { readHashes } from '../running-configuration.ts';
import type { ComposeConfig, ConfiguredService } from '../config/config.ts';
import type { ListedContainer } from '../containers/container.ts';
import { SERVICE_LABEL, listContainers } from '../containers/containers.ts';
import type { Diagnosed } from '../diagnosed.ts';
import type { AskEngine } from '../engine/engine.ts';

/** What `docker compose up` compares. Its values are by the name of the service. */
export interface Wanted {
  readonly services: ComposeConfig['services'];
  /** Compose's hashes of the present configuration. */
  readonly hashes: ReadonlyMap<string, ReadonlySet<string>>;
  /** IDs of the images that a container would be created from now. */
  readonly images: ReadonlyMap<string, string>;
}

/**
 * The containers of a project with which `docker compose up` would do nothing: they all run, as many as there should be,
 * created from the present configuration and image. Undefined if it would do something, or may. Pure.
 */
export function upToDate(
  listed: readonly Pick<ListedContainer, 'Id' | 'State' | 'Labels' | 'ImageID'>[],
  { services, hashes, images }: Wanted,
): readonly string[] | undefined {
  const found = Object.entries(services).flatMap(([name, service]) => {
    const own = listed.filter(({ Labels }) => Labels?.[SERVICE_LABEL] === name);
    const fits = ({ State, Labels, ImageID }: (typeof own)[number]): boolean =>
      State === 'running' &&
      hashes.get(name)?.has(Labels?.['com.docker.compose.config-hash'] ?? '') === true &&
      ImageID !== undefined &&
      ImageID === images.get(name);
    return own.length === countOf(service) && !asksForImages(service) && own.every(fits)
      ? own.map(({ Id }) => Id)
      : [undefined];
  });
  return found.every((id) => id !== undefined) ? found : undefined;
}

const countOf = ({ deploy, scale }: ConfiguredService): number => deploy?.replicas ?? scale ?? 1;

/** Whether `up` pulls or builds each time. */
const asksForImages = ({ pull_policy: policy = 'missing' }: ConfiguredService): boolean =>
  !['missing', 'if_not_present', 'never'].includes(policy);

/** Reads what `upToDate` compares. Networks and volumes are not compared: `make up` sees to them. */
export async function readUpToDate({
  environment,
  engine: { ask },
  config,
}: Pick<Diagnosed, 'environment' | 'engine' | 'config'>): Promise<readonly string[] | undefined> {
  const { project } = environment;
  const [listed, hashes, images] = await Promise.all([
    listContainers(ask, project),
    readHashes({ environment, config }),
    Promise.all(
      Object.entries(config.services).map(async ([name, { image = `${project}-${name}` }]) => {
        const found = await ask<{ readonly Id: string }>(`/images/${image}/json`);
        return found ? ([[name, found.Id]] as const) : [];
      }),
    ),
  ]);
  return upToDate(listed, { services: config.services, hashes, images: new Map(images.flat()) });
}

/** Whether containers that `readUpToDate` has found still run. */
export async function stillRun(ask: AskEngine, project: string, ids: readonly string[]): Promise<boolean> {
  const listed = await listContainers(ask, project);
  const running = new Set(listed.flatMap(({ Id, State }) => (State === 'running' ? [Id] : [])));
  return ids.every((id) => running.has(id));
}
