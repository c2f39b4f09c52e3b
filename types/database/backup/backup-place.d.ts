import type { StackRun } from '../../run/run.ts';
/**
 * Makes sure that a backup does not lie in the storage that it is a backup of: what destroys the one would destroy both.
 *
 * @param folder where it is to be written
 * @throws RefusedError naming both
 */
export declare function checkPlace({ stack }: StackRun, folder: string): Promise<void>;
