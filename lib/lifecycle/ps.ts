import type { StackRun } from '../run/run.ts';
import { tellCheckout } from './checkout.ts';

export async function ps(run: StackRun): Promise<void> {
  const { environment, stack, terminal, command } = run;
  tellCheckout(run);
  await stack.ps();
  terminal.next(command('health', { ENV: environment.name }));
}
