import type { StackRun } from '../run/run.ts';
/** For the one who finds the lock taken: `db-reset-db-env by taro@vm7 since 14:03:07`. */
export declare const aboutLock: (task: string) => string;
/**
 * Lets one destructive run at a time at an environment. Two locks, both of which die with their holder: a file, for this
 * clone of the project, and for other clones and machines an advisory lock on the server; where that is stopped, one on
 * the engine.
 *
 * @param readable the server lets us in
 * @param about who holds it
 * @throws RefusedError naming the holder
 */
export declare function withGuardLock<T>(
  { root, environment, stack, actor }: StackRun,
  readable: boolean,
  about: string,
  work: () => Promise<T>,
): Promise<T>;
