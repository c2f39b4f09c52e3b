import type { ScriptRun } from './restore-run.ts';
import { restore } from './restore.ts';

export { checkSql } from './check.ts';

/** `restore-from-sql`: replaces the database by what an SQL script creates. */
export const restoreFromSql = (run: ScriptRun): Promise<void> =>
  restore({ ...run, values: { ...run.values, JOBS: 1 } }, run.values.SQL);
