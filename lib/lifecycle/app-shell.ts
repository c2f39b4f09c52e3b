import { FailedError } from '../errors.ts';
import type { StackRun } from '../run/run.ts';

/**
 * `app-shell`: a shell, or one command, in the container of the application.
 *
 * @throws ConfigurationError where there is no such service
 * @throws FailedError with the status of what was run
 */
export async function appShell({ stack, terminal, environment, values }: StackRun): Promise<void> {
  const service = values['S'] as string | undefined;
  const command = values['CMD'] as string | undefined;
  if (environment.entry.protected) terminal.warn(`${environment.name} is protected`);
  const status = await stack.shell(command, service);
  if (status !== 0)
    throw new FailedError(`${command ?? 'the shell'} ended with status ${status}`, { status });
}
