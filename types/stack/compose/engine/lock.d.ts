import type { EngineLock } from '../../stack.ts';
import type { Docker } from './docker.ts';
/**
 * A lock that the engine keeps, for a project whose server is stopped and can keep none: a container, whose name only
 * one can have. It ends with its standard input, hence with the client that holds that, on whichever machine that is,
 * and the engine removes it.
 *
 * @param image one that the engine has; without one there is no lock
 */
export declare function lockEngine(
  docker: Docker,
  project: string,
  image: string,
  about: string,
): Promise<EngineLock | undefined>;
