import type { StackRun } from '../run/run.ts';
import { begin } from './begin.ts';

export async function restart(run: StackRun): Promise<void> {
  await begin(run, () => run.stack.restart({ timeout: run.values['TIMEOUT'] as number }));
}
