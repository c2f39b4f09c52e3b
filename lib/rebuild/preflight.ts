import { checkDatabase } from '../database/reset-database.ts';
import { checkVolume } from '../database/reset-volume.ts';
import type { DestructiveRun } from '../task.ts';

/** The preflight of the reset that METHOD names. */
export const checkRebuild = (run: DestructiveRun): Promise<void> =>
  run.values['METHOD'] === 'db' ? checkDatabase(run) : checkVolume(run);
