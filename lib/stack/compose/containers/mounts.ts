import type { ComposeConfig } from '../config/config.ts';
import type { ActualVolume, Container } from './container.ts';

/** A mount of a container. Its source is empty for a volume without a name. */
export interface Mount {
  readonly type: string;
  readonly source: string;
  readonly destination: string;
}

/** The mounts of an existing container. */
export function mountsOfContainer(container: Container): Mount[] {
  const tmpfs = Object.keys(container.HostConfig.Tmpfs ?? {}).map((destination) => ({
    type: 'tmpfs',
    source: '',
    destination,
  }));
  const mounts = container.Mounts.map((mount) => ({
    type: mount.Type,
    source: mount.Type === 'volume' ? (mount.Name ?? '') : mount.Source,
    destination: mount.Destination,
  }));
  return [...mounts, ...tmpfs];
}

/** The mounts of a service in the configuration. */
export function mountsOfService(config: ComposeConfig, service: string): Mount[] {
  const { volumes = [], tmpfs = [] } = config.services[service]!;
  return [
    ...volumes.map(({ type, source = '', target }) => ({
      type,
      source: type === 'volume' ? (config.volumes?.[source]?.name ?? '') : source,
      destination: target,
    })),
    ...[tmpfs].flat().map((path) => ({ type: 'tmpfs', source: '', destination: path.split(':')[0]! })),
  ];
}

/** The folder that a volume binds: `driver_opts: { o: bind, device: ./data }`. */
export function deviceOf({ Options }: ActualVolume): string | undefined {
  const { o = '', device } = Options ?? {};
  return o.split(',').some((option) => /^r?bind$/.test(option)) ? device : undefined;
}
