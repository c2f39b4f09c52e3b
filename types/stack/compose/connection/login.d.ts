import type { Environment } from '../../../environment/resolve.ts';
import { type ComposeConfig, type ConfiguredService } from '../config/config.ts';
import type { Engine } from '../engine/engine.ts';
import { type Declared } from '../official/declared.ts';
/** How the database's server lets somebody in. */
export interface DatabaseSettings {
  readonly name: string;
  readonly user: string;
  readonly password: string;
  /** Where the server listens in its container; undefined where only the server itself can tell. */
  readonly port?: number | undefined;
  /** The line that makes the database where it is not there. */
  readonly make?: string;
}
/**
 * The database service of the configuration.
 *
 * @throws ConfigurationError when it is missing
 */
export declare function serviceOf(
  config: ComposeConfig,
  service: string,
  environment: Environment,
): ConfiguredService;
/**
 * @throws ConfigurationError when compose read an env file differently than makesafe: then the application and the
 *   database may disagree about a password
 */
export declare function refuseOtherReading(
  { environment: given }: ConfiguredService,
  environment: Environment,
): void;
/** What is asked of the engine for it. */
interface About {
  readonly environment: Environment;
  readonly engine: Engine;
  readonly config: ComposeConfig;
}
/** What the database service declares, with what its image brings along, where the engine has that. */
export declare function readDeclared(
  { environment, engine, config }: About,
  service: string,
): Promise<Declared>;
/**
 * Name, user and password as the database service's server was made with them: from the configuration, from the image
 * where that says nothing, and from the files that they name.
 *
 * @throws ConfigurationError when the service is missing, or a file cannot be read
 */
export declare function readLogin(about: About, service: string): Promise<DatabaseSettings>;
export {};
