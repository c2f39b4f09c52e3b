import type { DatabaseContainer } from './survey.ts';
/**
 * Where an environment's data was seen the last time. Without a container the engine does not know it: a configuration
 * that was changed since then would start a new and empty server beside it.
 */
export interface LastSeen {
  /** ISO 8601, UTC. */
  readonly time: string;
  /** Where the engine listens that has it: an entry may have been moved to another one since, which has none of it. */
  readonly engine: string;
  readonly container: DatabaseContainer;
}
/** @param root the project's folder */
export declare const lastSeenFile: (root: string, environment: string) => string;
/**
 * @param engine where the engine of the environment listens now
 * @returns undefined where nothing was seen on it
 * @throws ConfigurationError when the file is there and is not one of ours
 */
export declare function readLastSeen(file: string, engine: string): Promise<LastSeen | undefined>;
/** @throws FailedError when it cannot be written */
export declare const writeLastSeen: (file: string, seen: LastSeen) => Promise<void>;
/** The data is gone, and was meant to. */
export declare const forgetLastSeen: (file: string) => Promise<void>;
