/** A value of compose's resolved configuration. */
type Section = Readonly<Record<string, unknown>>;

interface Wanted {
  readonly service: string;
  /** The command that keeps it running. */
  readonly entrypoint: readonly string[];
  /** Whether it reaches the database. If not, it has no network, and compose creates no volume for it. */
  readonly online: boolean;
  /** Names of the engine's volumes. */
  readonly volumes: ReadonlySet<string>;
  /** Replace the labels of the service. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Keys of a service that only its running container may have: a second one would conflict with it. */
const OF_THE_RUNNING_ONE = [
  ...['ports', 'expose', 'container_name', 'hostname', 'mac_address', 'profiles', 'depends_on', 'scale'],
  // By the labels, a reverse proxy would send requests to it.
  ...['labels', 'command', 'pull_policy'],
];
/** Keys of a service's network that only one container can have. */
const OF_ITS_ADDRESS = ['ipv4_address', 'ipv6_address', 'link_local_ips', 'mac_address', 'aliases'];

/**
 * A configuration with one service, for a container in which only migrations run. It has the image, variables, mounts,
 * secrets and networks of the application, but nothing by which others would take it for the application.
 *
 * @param text the output of `docker compose config --format json`; dollar signs stay doubled
 */
export function migrationConfig(
  text: string,
  { service, entrypoint, online, volumes, labels }: Wanted,
): string {
  const config = JSON.parse(text) as Record<string, Record<string, Section>>;
  const given = config['services']![service]!;
  const rest = without(given, OF_THE_RUNNING_ONE);
  const { networks, deploy, ...others } = rest as { networks?: Section; deploy?: Section };
  const mounts = (given['volumes'] ?? []) as readonly Section[];
  const named = config['volumes'] ?? {};
  const nameOf = (key: unknown): string => ((named[key as string] ?? {})['name'] ?? key) as string;
  const keptMounts = mounts.map((mount) =>
    // `up` creates missing volumes. Until then, an anonymous volume takes its place.
    mount['type'] === 'volume' &&
    mount['source'] !== undefined &&
    !online &&
    !volumes.has(nameOf(mount['source']))
      ? without(mount, ['source'])
      : mount,
  );
  const used = new Set(keptMounts.map((mount) => mount['source']));
  const alone = {
    ...others,
    ...(deploy && { deploy: without(deploy, ['replicas']) }),
    ...(online ? networks && { networks: mapValues(networks, addressless) } : { network_mode: 'none' }),
    ...(mounts.length > 0 && { volumes: keptMounts }),
    ...{ labels, entrypoint, restart: 'no', tty: false, stdin_open: true, healthcheck: { disable: true } },
  };
  // These keys refer to other services, which the configuration then needs.
  const leans =
    ['links', 'volumes_from'].some((key) => key in given) || /^service:/.test(String(given['network_mode']));
  return JSON.stringify({
    ...config,
    services:
      leans && online
        ? { ...config['services'], [service]: alone }
        : { [service]: without(alone, online ? [] : ['links']) },
    networks: online
      ? pick(config['networks'] ?? {}, (key) => networks === undefined || key in networks)
      : {},
    volumes: pick(named, (key) => used.has(key)),
  });
}

const addressless = (place: unknown): unknown =>
  place === null ? null : without(place as Section, OF_ITS_ADDRESS);

const without = (section: Section, keys: readonly string[]): Section =>
  pick(section, (key) => !keys.includes(key));

const pick = <T>(section: Readonly<Record<string, T>>, test: (key: string) => boolean): Record<string, T> =>
  Object.fromEntries(Object.entries(section).filter(([key]) => test(key)));

const mapValues = (section: Section, change: (value: unknown) => unknown): Section =>
  Object.fromEntries(Object.entries(section).map(([key, value]) => [key, change(value)]));
