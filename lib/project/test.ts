import { FailedError } from '../errors.ts';
import { run as runCommand } from '../system/process.ts';
import { installAlembic } from '../migrations/setup.ts';
import type { Run } from '../run/run.ts';
import type { Giving } from '../parameters/parameter.ts';

const SUITES = ['unit', 'integration', 'slow', 'e2e'] as const;
/** What a person runs before a commit. */
const DAILY = ['unit', 'integration'] as const;

/** `test`: vitest, as `npm test` runs it, with what the embedded stack needs. */
export async function test(run: Run<Giving<{ PROJECT: string | undefined }>>): Promise<void> {
  const { root, values } = run;
  const project = values.PROJECT;
  if (project !== 'unit') await installAlembic(run);
  const suites = project === 'all' ? SUITES : project === undefined ? DAILY : [project];
  const args = ['--no-install', 'vitest', 'run', ...suites.flatMap((suite) => ['--project', suite])];
  const { status } = await runCommand(
    { file: 'npx', args },
    { cwd: root, env: shell(), terminal: true, resultOnStdout: true },
  );
  if (status !== 0) throw new FailedError('tests failed', { status });
}

/**
 * Tests choose the environment of what they start themselves; vitest and CI have settings of their own in ours. Not so
 * npm: what it was told for this task is not for others that it runs.
 */
const shell = (): Record<string, string> =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'))) as Record<
    string,
    string
  >;
