import type { StackRun } from '../../run/run.ts';
/** A file or folder of this machine that is wanted after the deed as well. */
export interface Needed {
  /** As a person calls it: `BACKUP_DIR`, `the journal`. */
  readonly what: string;
  readonly path: string;
}
/** What must not lie in what is removed. */
export declare function neededOf({ root, values, environment }: StackRun): Needed[];
