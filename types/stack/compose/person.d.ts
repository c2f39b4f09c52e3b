import type { Environment } from '../../environment/resolve.ts';
import type { Stack, StackOptions } from '../stack.ts';
import { type ComposeConfig } from './config/config.ts';
import type { Docker } from './engine/docker.ts';
import type { Engine } from './engine/engine.ts';
import type { DatabaseSettings } from './connection/login.ts';
interface About {
  readonly environment: Environment;
  readonly engine: Engine;
  readonly docker: Docker;
  readonly config: ComposeConfig;
  readonly settings: DatabaseSettings;
  readonly databaseService: string;
}
/** What a person does in the containers: psql beside the server, a shell in the application. */
export declare function forPerson(
  { environment, engine, docker, config, settings, databaseService }: About,
  options: Pick<StackOptions, 'actor'>,
  containerOf: (service: string) => Promise<string>,
): Pick<Stack, 'psql' | 'shell'>;
export {};
