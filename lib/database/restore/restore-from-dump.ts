import type { DestructiveRun } from '../../run/run.ts';
import { restore } from './restore.ts';

export { checkDump } from './check.ts';

/** `restore-from-dump`: replaces the database by a dump of pg_dump. */
export const restoreFromDump = (run: DestructiveRun): Promise<void> => restore(run, 'DUMP');
