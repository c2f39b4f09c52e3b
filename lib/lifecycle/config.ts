import type { StackRun } from '../run/run.ts';

export async function config({ stack, terminal }: StackRun): Promise<void> {
  terminal.result(await stack.config());
}
