import type { StackRun } from '../run/run.ts';

export async function ps({ environment, stack, terminal, command }: StackRun): Promise<void> {
  await stack.ps();
  terminal.next(command('health', { ENV: environment.name }));
}
