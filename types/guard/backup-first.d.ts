import type { StackRun } from '../run/run.ts';
import type { Facts } from './facts/facts.ts';
/**
 * A verified backup of exactly this database: one that was taken lately and still holds, else a new one.
 *
 * @returns its file, or `skip` when the person wanted none
 * @throws RefusedError when none can be had: then nothing is destroyed
 */
export declare function backupFirst(
  run: StackRun & {
    readonly facts: Facts;
  },
): Promise<string | null>;
