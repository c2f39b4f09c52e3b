import type { StackRun } from '../run/run.ts';
import type { Giving } from '../parameters/parameter.ts';

type Logs = StackRun<Giving<{ S: string | undefined; TAIL: number; FOLLOW: boolean | undefined }>>;

export async function logs({ stack, values, terminal }: Logs): Promise<void> {
  // Without a terminal nobody waits for more lines.
  const follow = values.FOLLOW ?? terminal.showsResult;
  // Stop, too, when the reader has gone: `make logs FOLLOW=1 | head`.
  if (follow) process.stdout.once('error', () => process.kill(process.pid, 'SIGTERM'));
  await stack.logs({ service: values.S, follow, tail: values.TAIL });
}
