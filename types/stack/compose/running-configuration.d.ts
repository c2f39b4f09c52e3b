import { type Check } from '../../output/check-result.ts';
import { type ConfiguredService } from './config/config.ts';
import type { Diagnosed } from './diagnosed.ts';
/** A container, as far as it tells what it was made from. */
export interface MadeContainer {
  readonly service: string;
  readonly name: string;
  /** Compose's own hash of the service's configuration, from the container's label. */
  readonly hash: string | undefined;
  /** `NAME=value` */
  readonly env: readonly string[];
}
/** A container that `up` would make anew. */
export interface Outdated {
  readonly service: string;
  readonly container: string;
  /** Variables that have another value by now. Their values may be secrets, and are not told. */
  readonly variables: readonly string[];
}
/**
 * Containers that were made from another configuration than the present one. Pure.
 *
 * @param hashes of each service, as compose gives them for the present configuration: one for the files, and one for what
 * they resolve to, which differ where a service has an `env_file`
 */
export declare function findOutdated(
  containers: readonly MadeContainer[],
  hashes: ReadonlyMap<string, ReadonlySet<string>>,
  services: Readonly<Record<string, ConfiguredService>>,
): Outdated[];
/** `db (POSTGRES_PASSWORD), core_api` */
export declare const describeOutdated: (found: readonly Outdated[]) => string;
type About = Pick<Diagnosed, 'environment' | 'engine' | 'config'>;
/** Of the containers that run, those that `up` would make anew. */
export declare function readOutdated({ environment, engine, config }: About): Promise<Outdated[]>;
export declare const runningConfiguration: Check<Diagnosed>;
export {};
