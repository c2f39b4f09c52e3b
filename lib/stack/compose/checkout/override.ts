import { posix } from 'node:path';
import type { Ports } from '../../../environment/checkout.ts';
import { isBelow } from '../../../system/files.ts';
import type { ComposeConfig, ConfiguredService } from '../config/config.ts';
import { configuredPgdata, storageOfConfig } from '../containers/containers.ts';

/** Names that a checkout's configuration has of its own. */
interface Own {
  /** The checkout's compose project: what has it in its name is the checkout's own already. */
  readonly project: string;
  /** The checkout's name. */
  readonly name: string;
  /** By the port that the compose file publishes. */
  readonly ports: Ports;
}

type Published = NonNullable<ConfiguredService['ports']>[number];

/** The ports of the engine's host that the services publish, without those that docker chooses. */
export const publishedPorts = ({ services }: ComposeConfig): (Published & { readonly published: string })[] =>
  Object.values(services).flatMap(({ ports = [] }) => ports.filter(isFixed));

const isFixed = (port: Published): port is Published & { readonly published: string } =>
  /^[1-9]\d*$/.test(port.published ?? '');

/**
 * The compose file that is read after the team's own in a checkout: what only one project of an engine can have gets
 * another name or port. Pure.
 *
 * @see https://docs.docker.com/reference/compose-file/merge/ for `!override`
 */
export function overrideOf(config: ComposeConfig, own: Own): string {
  const renamed = (name: string): string => `${name}-${own.name}`;
  const built = new Set(
    Object.values(config.services).flatMap(({ build, image }) => (build && image ? [image] : [])),
  );
  const services = Object.entries(config.services).flatMap(([key, { container_name, ports = [], image }]) => {
    const lines = [
      ...(container_name === undefined ? [] : [`container_name: ${text(renamed(container_name))}`]),
      // Otherwise one checkout would run the code of another.
      ...(image !== undefined && built.has(image) ? [`image: ${text(taggedFor(image, own.name))}`] : []),
      ...(ports.some(isFixed)
        ? [
            `ports: !override ${text(
              ports.map((port) =>
                isFixed(port) ? { ...port, published: String(own.ports[port.published]) } : port,
              ),
            )}`,
          ]
        : []),
    ];
    return lines.length === 0 ? [] : [`  ${text(key)}:`, ...lines.map((line) => `    ${line}`)];
  });
  const isShared = ({ name }: { readonly name: string }): boolean => !name.includes(own.project);
  const database = new Set(volumesOf(config));
  const volumes = Object.entries(config.volumes ?? {})
    .filter(([, volume]) => isShared(volume) && (!volume.external || database.has(volume.name)))
    .map(([key, { name }]) => `  ${text(key)}: ${text({ name: renamed(name), external: false })}`);
  const networks = Object.entries(config.networks ?? {})
    .filter(([, network]) => isShared(network) && !network.external)
    .map(([key, { name }]) => `  ${text(key)}: ${text({ name: renamed(name) })}`);
  const section = (word: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [`${word}:`, ...lines];
  return [
    ...['services:' + (services.length === 0 ? ' {}' : ''), ...services],
    ...[...section('volumes', volumes), ...section('networks', networks), ''],
  ].join('\n');
}

/** JSON is YAML. Compose would replace variables: it reads `$$` as a dollar sign. */
const text = (value: unknown): string => JSON.stringify(value).replaceAll('$', '$$$$');

/** `shop/api` → `shop/api:feature`, `shop/api:1` → `shop/api:1-feature` */
const taggedFor = (image: string, name: string): string => image + (/:[^/]+$/.test(image) ? '-' : ':') + name;

/** The volumes that a service mounts. */
const volumesOf = ({ services, volumes = {} }: ComposeConfig): string[] =>
  Object.values(services).flatMap((service) =>
    (service.volumes ?? []).flatMap(({ type, source }) =>
      type === 'volume' && source !== undefined && volumes[source] ? [volumes[source].name] : [],
    ),
  );

/** The place outside of the checkout that holds the database's data; undefined if none does. Pure but for links. */
export function sharedStorage(
  config: ComposeConfig,
  databaseService: string,
  root: string,
): string | undefined {
  const storage = storageOfConfig(config, databaseService, configuredPgdata(config, databaseService));
  if (storage.kind === 'device') return `${storage.device} (volume ${storage.name})`;
  if (storage.kind !== 'bind' || isBelow(storage.source, root)) return undefined;
  return `folder ${posix.join(storage.source, storage.data)}`;
}
