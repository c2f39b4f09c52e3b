import type { Terminal } from '../../../output/terminal.ts';
import type { Docker } from '../engine/docker.ts';
import type { Ask } from '../engine/engine.ts';
import type { ConnectOptions } from './connect.ts';
/**
 * Waits until the database answers a query over TCP inside its container. The temporary server that the official
 * image runs during the first start listens on the socket only, so it cannot be mistaken for the real one.
 *
 * @param probe asks the server in a container for an answer
 * @param timeout seconds
 * @returns the container
 * @throws UnreachableError after the timeout, or as soon as the container gives up, with its last log lines
 */
export declare function waitUntilReady(
  docker: Docker,
  ask: Ask,
  project: string,
  service: string,
  probe: (container: string, how: ConnectOptions) => Promise<unknown>,
  timeout: number,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<string>;
