import type { StackRun } from '../run/run.ts';

export async function logs({ stack, values, terminal }: StackRun): Promise<void> {
  // Elsewhere than on a terminal nobody waits for more.
  const follow = (values['FOLLOW'] as boolean | undefined) ?? terminal.showsResult;
  // Nor where the reader has gone: `make logs FOLLOW=1 | head`.
  if (follow) process.stdout.once('error', () => process.kill(process.pid, 'SIGTERM'));
  await stack.logs({ service: values['S'] as string | undefined, follow, tail: values['TAIL'] as number });
}
