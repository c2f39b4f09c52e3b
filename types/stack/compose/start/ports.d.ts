import { type Outcome } from '../../../output/check-result.ts';
import type { ComposeConfig } from '../config/config.ts';
import type { ListedContainer } from '../containers/container.ts';
import type { Docker } from '../engine/docker.ts';
import { type Ask } from '../engine/engine.ts';
/** A port of the engine's host that a service wants. */
export interface Wanted {
  readonly service: string;
  readonly address: string;
  readonly port: number;
}
/** A port of the engine's host that a running container has. */
export interface Taken {
  readonly container: string;
  /** Its compose project; empty for a container that compose did not make. */
  readonly project: string;
  readonly address: string;
  readonly port: number;
}
/** All addresses of a host. */
export declare const EVERYWHERE: RegExp;
/** Fixed ports; one that docker may choose is always free. */
export declare function wantedPorts({ services }: ComposeConfig): Wanted[];
/** The ports of its host that containers have. */
export declare const portsOf: (listed: readonly ListedContainer[]) => Taken[];
/** Who has a wanted port. */
export declare function holderOf({ address, port }: Wanted, taken: readonly Taken[]): Taken | undefined;
/** A wanted port that somebody else has. */
export interface Blocked {
  readonly port: number;
  /** For people. */
  readonly said: string;
  readonly holder: Taken | undefined;
}
/** The fixed ports that are neither free nor ours. @param local whether the engine is on this machine */
export declare function blockedPorts(
  listed: readonly ListedContainer[],
  config: ComposeConfig,
  project: string,
  local: boolean,
): Promise<Blocked[]>;
/** Whether each fixed port is free, or ours already. */
export declare function lookAtPorts(
  docker: Docker,
  ask: Ask,
  config: ComposeConfig,
  project: string,
  local: boolean,
): Promise<Outcome>;
