import type { StackRun } from '../run/run.ts';
import { begin } from './begin.ts';
import type { Giving } from '../parameters/parameter.ts';

export async function restart(run: StackRun<Giving<{ TIMEOUT: number }>>): Promise<void> {
  await begin(run, () => run.stack.restart({ timeout: run.values.TIMEOUT }));
}
