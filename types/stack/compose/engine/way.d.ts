import type { Duplex } from 'node:stream';
import type { Command } from '../../../system/command.ts';
/** How an engine is reached. */
export interface Way {
  /** @param complain told what docker says of a connection that it makes */
  readonly connect: (complain?: (text: string) => void) => Duplex;
  /**
   * Asks on a connection of its own whether the engine is there. Of several who ask at the same time, one does.
   *
   * https://docs.docker.com/reference/api/engine/version/v1.48/#tag/System/operation/SystemPing
   *
   * @throws UnreachableError
   */
  readonly alive: () => Promise<void>;
}
/**
 * @param socket on this machine
 * @param dialling where there is none: the docker command that makes a connection
 */
export declare function wayTo(socket: string | undefined, dialling: Command): Way;
