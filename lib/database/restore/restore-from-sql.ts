import type { DestructiveRun } from '../../run/run.ts';
import { restore } from './restore.ts';

export { checkSql } from './check.ts';

/** `restore-from-sql`: replaces the database by what an SQL script makes. */
export const restoreFromSql = (run: DestructiveRun): Promise<void> => restore(run, 'SQL');
