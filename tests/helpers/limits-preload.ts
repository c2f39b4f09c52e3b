import type { LIMITS } from '../../lib/system/limits.ts';

/** Loaded into a task's process before the task: makes its limits shorter. The task's own code knows nothing of it. */
const { file, seconds } = JSON.parse(process.env['MAKESAFE_LIMITS']!) as LimitsOrder;
// eslint-disable-next-line @typescript-eslint/no-require-imports
const loaded = require(file) as { LIMITS: typeof LIMITS };
for (const [name, value] of Object.entries(seconds))
  Object.assign(loaded.LIMITS[name as keyof typeof LIMITS], { seconds: value });

export interface LimitsOrder {
  /** `lib/system/limits.ts` of the copy that the task is of. */
  readonly file: string;
  readonly seconds: Partial<Record<keyof typeof LIMITS, number>>;
}
