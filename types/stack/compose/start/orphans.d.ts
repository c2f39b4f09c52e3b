import type { Actor } from '../../../output/actor.ts';
import type { Environment } from '../../../environment/resolve.ts';
import type { Terminal } from '../../../output/terminal.ts';
import { type ComposeConfig } from '../config/config.ts';
import type { ListedContainer } from '../containers/container.ts';
import { type Docker } from '../engine/docker.ts';
import type { Ask } from '../engine/engine.ts';
interface About {
  readonly environment: Environment;
  readonly ask: Ask;
  readonly docker: Docker;
  readonly config: ComposeConfig;
  readonly actor: Actor;
  readonly terminal: Terminal;
}
/**
 * Settles what is to become of containers of the project whose service is in no compose file. Compose would remove them and
 * name none.
 *
 * @param wish undefined: nobody has said
 * @throws RefusedError where one is kept that uses the same storage as a service: two servers on it destroy it
 */
export declare function settleOrphans(about: About, wish: 'keep' | 'remove' | undefined): Promise<void>;
/** Whether a container mounts a volume or a folder that a configured service mounts as well. Pure. */
export declare function sharesStorage(mounts: ListedContainer['Mounts'], config: ComposeConfig): boolean;
export {};
