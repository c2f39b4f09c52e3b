import type { Environment } from '../../../environment/resolve.ts';
import { type ComposeConfig } from '../config/config.ts';
import { type Docker } from '../engine/docker.ts';
import type { Engine } from '../engine/engine.ts';
import type { Situation } from './decide.ts';
import { type Surveyed } from './survey.ts';
/** The project whose data is asked for, and whom to ask. */
export interface About {
  readonly environment: Environment;
  readonly engine: Engine;
  readonly docker: Docker;
  readonly config: ComposeConfig;
  readonly databaseService: string;
  /** The data directory by the server's own word; undefined where it does not answer. */
  readonly told: () => Promise<string | undefined>;
}
/** What is there, and what compose would make in its place. */
export interface Situations {
  readonly look: () => Promise<Situation & Surveyed>;
  /** The same containers beside images that may be other ones by now. */
  readonly situationOf: (surveyed: Surveyed) => Promise<Situation & Surveyed>;
  /** Compose's hash of each service as it is configured now. */
  readonly hashes: () => Promise<Map<string, string>>;
}
export declare function situations({ environment, engine, config, databaseService, told }: About): Situations;
