import { FailedError, UnreachableError } from '../../errors.ts';
import type { Command } from '../../display.ts';
import { run, type Result, type RunOptions } from '../../process.ts';

export const docker = (...args: string[]): Command => ({ file: 'docker', args });

/**
 * Runs a docker command that must succeed.
 *
 * @throws UnreachableError when docker is not installed or its engine does not answer
 * @throws FailedError with what docker said
 */
export async function must(command: Command, options: RunOptions = {}): Promise<Result> {
  const result = await run(command, options);
  if (result.status === 0) return result;
  throw dockerError(command, result);
}

export function dockerError(command: Command, { status, stderr }: Result): Error {
  const said = stderr.trim();
  if (/'compose' is not a docker command|unknown (shorthand )?flag.*\n.*docker --help/is.test(said)) {
    return new UnreachableError('docker has no compose command', {
      hint: 'install the Docker Compose v2 plugin',
    });
  }
  if (
    /cannot connect to the docker daemon|error during connect|permission denied while trying to connect/i.test(
      said,
    )
  ) {
    return new UnreachableError(`the container engine does not answer: ${said}`, {
      hint: 'start Docker, or check DOCKER_HOST and `docker context ls`',
    });
  }
  return new FailedError(
    `${command.file} ${subcommand(command)} failed (status ${status})${said && `: ${said}`}`,
  );
}

/** `compose down` of a long argument list, in which each option before the subcommand has a value. */
function subcommand({ args }: Command): string {
  if (args[0] !== 'compose') return args[0] ?? '';
  let at = 1;
  while (args[at]?.startsWith('-')) at += 2;
  return `compose ${args[at] ?? ''}`;
}

/** Where the engine listens, as docker itself would choose it. */
export async function engineEndpoint(): Promise<string> {
  if (process.env['DOCKER_HOST']) return process.env['DOCKER_HOST'];
  const format = '{{.Endpoints.docker.Host}}';
  return (await must(docker('context', 'inspect', '--format', format))).stdout.trim();
}

export async function engineHost(): Promise<string> {
  return (await must(docker('info', '--format', '{{.Name}}'))).stdout.trim();
}
