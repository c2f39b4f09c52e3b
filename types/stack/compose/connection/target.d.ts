import type { Environment } from '../../../environment/resolve.ts';
import type { Target } from '../../stack.ts';
import { type ComposeConfig } from '../config/config.ts';
import type { DatabaseSettings } from './login.ts';
import type { Container } from '../containers/container.ts';
import type { Docker } from '../engine/docker.ts';
import { type Engine } from '../engine/engine.ts';
/** A compose stack's database service, and where to ask for it. */
export interface About {
  readonly environment: Environment;
  readonly docker: Docker;
  readonly engine: Engine;
  readonly config: ComposeConfig;
  readonly settings: DatabaseSettings;
  readonly databaseService: string;
}
/**
 * The facts of what a destructive task will destroy, as the engine has them.
 *
 * @param dataDirectory what the server says, if it says it
 * @param seen what was found the last time: where the same container is there, so is its engine's host
 */
export declare function describeTarget(
  about: About,
  dataDirectory: Promise<string | undefined>,
  seen?: Target,
): Promise<Target>;
/** The image to look at a data directory with: what the container runs, else what the configuration names. */
export declare function databaseImage(
  { environment, config, databaseService }: About,
  container: Container | undefined,
): string;
