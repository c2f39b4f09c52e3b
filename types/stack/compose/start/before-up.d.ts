import type { Environment } from '../../../environment/resolve.ts';
import { type ComposeConfig } from '../config/config.ts';
import type { ListedContainer } from '../containers/container.ts';
import type { Docker } from '../engine/docker.ts';
import { type Ask } from '../engine/engine.ts';
import { type Asking } from '../official/obstacles.ts';
/** What is asked about a project that is going to be started. */
interface About {
  readonly environment: Environment;
  readonly docker: Docker;
  readonly ask: Ask;
  readonly config: ComposeConfig;
  /** The compose projects of all environments of the registry. */
  readonly projects: readonly string[];
}
/**
 * What can be known before anything is started.
 *
 * @param dryRun shows the plan also where nobody can look
 * @throws RefusedError · ConfigurationError with what is in the way
 */
export declare const foreseeing: (
  about: About,
  databaseService: string,
  asking: Asking,
  dryRun: boolean,
) => () => Promise<void>;
/**
 * What another project on the engine has already, so that compose would stop half-way, or make a second stack beside the
 * one that is there.
 *
 * @throws RefusedError naming all of it, with the place in the file
 */
export declare function refuseCollisions({
  environment,
  docker,
  ask,
  config,
  projects,
}: About): Promise<void>;
/** Names that the configuration fixes and that containers of others have. Pure. */
export declare function takenNames(
  { services }: ComposeConfig,
  others: readonly ListedContainer[],
): {
  readonly value: string;
  readonly holder: string;
}[];
/**
 * One project name may be on several machines: whoever pins the host means that one.
 *
 * @throws RefusedError when the engine is on another host
 */
export declare function refuseOtherHost({ name, entry }: Environment, ask: Ask): Promise<void>;
export {};
