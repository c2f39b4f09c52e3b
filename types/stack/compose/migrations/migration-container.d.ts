import type { Actor } from '../../../output/actor.ts';
import type { Environment } from '../../../environment/resolve.ts';
import type { Terminal } from '../../../output/terminal.ts';
import { type ComposeConfig } from '../config/config.ts';
import { type Engine } from '../engine/engine.ts';
/** What migrations on a compose stack are made with. */
export interface About {
  readonly environment: Environment;
  readonly engine: Engine;
  readonly config: ComposeConfig;
  readonly actor: Actor;
  readonly terminal: Terminal;
}
/**
 * Runs `work` in a container that is made for it from the application's service, and removed afterwards. Nothing else runs
 * in there: no entrypoint that migrates by itself, no application that ends because its tables are not there.
 *
 * @param online whether it reaches the database; without, only files are read
 */
export type WithContainer = <T>(online: boolean, work: (id: string) => Promise<T>) => Promise<T>;
/** Removes those of processes that were killed before the container's life hung on theirs. */
export declare function removeAbandoned({ ask, remove }: Engine, project: string): Promise<void>;
export declare function migrationContainers(
  about: About,
  service: string,
  python: string | undefined,
): WithContainer;
