import type { Duplex } from 'node:stream';
import { type Docker } from './docker.ts';
import { type PathIn } from './path-in.ts';
import { type Way } from './way.ts';
/**
 * Asks an engine for something, by the path of its API. Undefined for what it does not have.
 *
 * https://docs.docker.com/reference/api/engine/ without a version in the path: the engine answers as it is.
 *
 * @throws UnreachableError when docker is not installed or its engine does not answer
 * @throws FailedError with what the engine said
 */
export type Ask = <T>(path: string, query?: Readonly<Record<string, unknown>>) => Promise<T | undefined>;
/** An engine's API. */
export interface Engine {
  readonly ask: Ask;
  /** Has the engine make something. @throws like `ask`, also when it does not have what the path names */
  readonly make: <T>(path: string, what: object) => Promise<T>;
  /** Removes what the path names; no matter when it is not there. */
  readonly remove: (path: string) => Promise<void>;
  /**
   * What the engine says of a path in a container, running or not: its head, and the start of a tar of it.
   *
   * https://docs.docker.com/reference/api/engine/version/v1.48/#tag/Container/operation/ContainerArchiveInfo
   *
   * @param limit bytes of the tar at the most; 0 for none
   * @returns undefined for a path that does not exist
   */
  readonly pathIn: (container: string, path: string, limit?: number) => Promise<PathIn | undefined>;
  /** The same where the answer is a connection: to a process, for one. */
  readonly attach: (path: string, how: object) => Promise<Duplex>;
  /** Whether it is there, asked on a connection of its own. @throws UnreachableError */
  readonly alive: Way['alive'];
}
/**
 * The engine that docker would choose: by its socket, where that is on this machine, else over a connection that docker
 * makes, by TCP or ssh, as its context says. A docker command for each question takes longer to start than the engine to
 * answer.
 */
export declare function openEngine(docker: Docker, socket: string | undefined): Engine;
/**
 * `ask` for what every engine has, like its lists: that nothing is in one may mean that data are gone.
 *
 * @throws FailedError also when the engine does not have it
 */
export declare function demand<T>(ask: Ask, ...question: Parameters<Ask>): Promise<T>;
/** The name of the engine's own machine. */
export declare const engineHost: (ask: Ask) => Promise<string>;
