import type { ComposeConfig } from '../config/config.ts';
import type { ActualVolume, Container } from './container.ts';
/** Something mounted in a container. A volume that has no name yet has an empty source. */
export interface Mount {
  readonly type: string;
  readonly source: string;
  readonly destination: string;
}
/** What is mounted in an existing container. */
export declare function mountsOfContainer(container: Container): Mount[];
/** What the configuration mounts in a service. */
export declare function mountsOfService(config: ComposeConfig, service: string): Mount[];
/** The folder that a volume stands for: `driver_opts: { o: bind, device: ./data }`. */
export declare function deviceOf({ Options }: ActualVolume): string | undefined;
