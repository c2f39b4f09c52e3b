import { FailedError } from '../errors.ts';
import { personsOnly } from '../run/persons-only.ts';
import type { StackRun } from '../run/run.ts';
import type { Giving } from '../parameters/parameter.ts';

/**
 * `app-shell`: runs a shell, or one command, in the application's container.
 *
 * @throws RefusedError where it is protected to an assistant, and where changes need a signature
 * @throws ConfigurationError if there is no such service
 * @throws FailedError with the status of the shell or command
 */
export async function appShell(
  run: StackRun<Giving<{ S: string | undefined; CMD: string | undefined }>>,
): Promise<void> {
  const { stack, terminal, environment, values } = run;
  const { S: service, CMD: command } = values;
  await personsOnly(run, 'app-shell', true);
  if (environment.entry.protected) terminal.warn(`${environment.name} is protected`);
  const status = await stack.shell(command, service);
  if (status !== 0)
    throw new FailedError(`${command ?? 'the shell'} ended with status ${status}`, { status });
}
