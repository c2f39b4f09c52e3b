import type { Environment } from '../../environment/resolve.ts';
import type { ComposeConfig } from './config/config.ts';
import type { DatabaseSettings } from './connection/login.ts';
import type { Asking } from './official/obstacles.ts';
import type { Docker } from './engine/docker.ts';
import type { Engine } from './engine/engine.ts';

/** What the checks of a compose stack need. */
export interface Diagnosed {
  readonly environment: Environment;
  readonly docker: Docker;
  readonly engine: Engine;
  readonly config: ComposeConfig;
  readonly databaseService: string;
  readonly settings: DatabaseSettings;
  readonly asking: Asking;
  /** The compose projects of all environments of the registry. */
  readonly projects: readonly string[];
}
