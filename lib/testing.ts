import { FailedError } from './errors.ts';
import { run } from './process.ts';
import type { Run } from './task.ts';

/** `test`: vitest, as `npm test` runs it. */
export async function test({ root, values }: Run): Promise<void> {
  const project = values['PROJECT'] as string | undefined;
  const args = ['--no-install', 'vitest', 'run', ...(project === undefined ? [] : ['--project', project])];
  const { status } = await run(
    { file: 'npx', args },
    { cwd: root, env: shell(), terminal: true, resultOnStdout: true },
  );
  if (status !== 0) throw new FailedError('tests failed', { status });
}

/** Tests choose the environment of what they start themselves; vitest and CI have settings of their own in ours. */
const shell = (): Record<string, string> => ({ ...process.env }) as Record<string, string>;
