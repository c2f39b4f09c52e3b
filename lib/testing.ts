import { FailedError } from './errors.ts';
import { run } from './process.ts';
import type { Run } from './task.ts';

/** `test`: vitest, as `npm test` runs it. */
export async function test({ root, values }: Run): Promise<void> {
  const project = values['PROJECT'] as string | undefined;
  const args = ['--no-install', 'vitest', 'run', ...(project === undefined ? [] : ['--project', project])];
  const { status } = await run({ file: 'npx', args }, { cwd: root, terminal: true, resultOnStdout: true });
  if (status !== 0) throw new FailedError('tests failed', { status });
}
