import { FailedError } from '../errors.ts';
import { run as runCommand } from '../system/process.ts';
import { installAlembic } from '../migrations/setup.ts';
import type { Run } from '../run/run.ts';
import type { Giving } from '../parameters/parameter.ts';

const SUITES = ['unit', 'integration', 'slow', 'cluster', 'e2e'] as const;
/** The suites that a person runs before a commit. */
const DAILY = ['unit', 'integration'] as const;

/** `test`: runs vitest like `npm test`, after installing what the embedded stack needs. */
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
 * The environment for vitest: all of ours, because vitest and CI have settings in it, but without the variables of npm.
 * Those belong to the npm that called this task, and would change what other npm commands do.
 */
const shell = (): Record<string, string> =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'))) as Record<
    string,
    string
  >;
