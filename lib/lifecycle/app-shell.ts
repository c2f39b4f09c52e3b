import { FailedError } from '../errors.ts';
import type { StackRun } from '../run/run.ts';
import type { Giving } from '../parameters/parameter.ts';

/**
 * `app-shell`: runs a shell, or one command, in the application's container.
 *
 * @throws ConfigurationError if there is no such service
 * @throws FailedError with the status of the shell or command
 */
export async function appShell({
  stack,
  terminal,
  environment,
  values,
}: StackRun<Giving<{ S: string | undefined; CMD: string | undefined }>>): Promise<void> {
  const { S: service, CMD: command } = values;
  if (environment.entry.protected) terminal.warn(`${environment.name} is protected`);
  const status = await stack.shell(command, service);
  if (status !== 0)
    throw new FailedError(`${command ?? 'the shell'} ended with status ${status}`, { status });
}
