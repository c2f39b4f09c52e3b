import type { StackRun } from '../run/run.ts';

export async function down({ environment, stack, terminal, actor, command }: StackRun): Promise<void> {
  const { found, advice } = await stack.down();
  if (actor.dryRun) return;
  terminal.ok(`${environment.name} is stopped; ${found}`);
  advice.forEach((line) => terminal.next(line));
  terminal.next(command('up', { ENV: environment.name }));
}
