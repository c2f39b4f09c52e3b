import type { DumpRun } from './restore-run.ts';
import { restore } from './restore.ts';

export { checkDump } from './check.ts';

/** `restore-from-dump`: replaces the database by the contents of a dump. */
export const restoreFromDump = (run: DumpRun): Promise<void> => restore(run, run.values.DUMP);
