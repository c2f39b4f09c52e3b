import { type Outcome } from '../../../output/check-result.ts';
import type { ComposeConfig } from '../config/config.ts';
import type { Docker } from '../engine/docker.ts';
import type { Ask } from '../engine/engine.ts';
/** What compose uses and does not make: a volume or network that is `external`. */
export interface Outside {
  readonly kind: 'volume' | 'network';
  readonly name: string;
}
/** Those that a service uses; compose asks for no others. Pure. */
export declare function outsideOf({ services, volumes, networks }: ComposeConfig): Outside[];
/** Those that are not on the engine. */
export declare function missingOutside(ask: Ask, config: ComposeConfig): Promise<Outside[]>;
/**
 * Compose would stop half-way.
 *
 * @throws ConfigurationError naming all that is missing, and the lines that make it
 */
export declare function refuseMissing(docker: Docker, ask: Ask, config: ComposeConfig): Promise<void>;
/** Whether all that compose expects is there. */
export declare function lookAtOutside(docker: Docker, ask: Ask, config: ComposeConfig): Promise<Outcome>;
/** Whether the folders of this machine that images are built from are there: `rebuild` needs them. */
export declare function lookAtBuilds({ services }: ComposeConfig): Outcome;
