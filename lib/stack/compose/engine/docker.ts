import type { EnvironmentEntry } from '../../../environment/entry.ts';
import { ConfigurationError, FailedError, UnreachableError } from '../../../errors.ts';
import type { Command } from '../../../system/command.ts';
import { run, type Result, type RunOptions } from '../../../system/process.ts';
import { LIMITS } from '../../../system/limits.ts';
import { engineSocket } from './socket.ts';
import { wayTo } from './way.ts';

/** Makes a docker command for one environment's engine. */
export type Docker = (...args: string[]) => Command;

/**
 * Makes commands for the engine that the registry entry pins, else for docker's default. A command may be silent as
 * long as the engine answers: for instance, while it builds.
 */
export function dockerOf(entry: Pick<EnvironmentEntry, 'engine'>): Docker {
  const context = entry.engine?.context === undefined ? [] : ['--context', entry.engine.context];
  const command = (...args: string[]): Command => ({ file: 'docker', args: [...context, ...args] });
  const { alive } = wayTo(engineSocket(entry), command('system', 'dial-stdio'));
  const attention = { alive, silence: LIMITS.silence.seconds };
  return (...args) => ({ ...command(...args), attention });
}

/**
 * Runs a docker command that must succeed.
 *
 * @param how the function that runs it
 * @throws UnreachableError when docker is not installed or its engine does not answer
 * @throws ConfigurationError when docker does not have the context
 * @throws FailedError with docker's message
 */
export async function runOrThrow(command: Command, options: RunOptions = {}, how = run): Promise<Result> {
  const result = await how(command, options);
  if (result.status === 0) return result;
  throw dockerError(command, result);
}

/** Compose's lines about steps that succeed. */
const PROGRESS = /^ *(?:Network|Volume|Container|Image|Service) \S+ +\w+ *\n/gm;

/** If compose cannot read an env file, it quotes the text, which may be a secret: keep only file and line. */
function withoutQuotes(said: string, { args }: Command): string {
  const files = args.filter((_word, at) => args[at - 1] === '--env-file');
  const at = files.map((file) => file.replaceAll(/[^\w/]/g, '\\$&')).join('|');
  if (at === '') return said;
  return said.replace(
    new RegExp(`(failed to read [^\\n]*(?:${at}):(?: line \\d+:)?) [^]*`),
    '$1 compose cannot read it',
  );
}

export function dockerError(command: Command, { status, stderr }: Result): Error {
  const said = withoutQuotes(stderr.replaceAll(PROGRESS, '').trim(), command);
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
    const pinned = command.args[0] === '--context' ? command.args[1] : undefined;
    return new UnreachableError(`the container engine does not answer: ${said}`, {
      hint: pinned
        ? `start it, or correct the context: docker context inspect ${pinned}`
        : 'start Docker, or check DOCKER_HOST and `docker context ls`',
    });
  }
  const [, context] = said.match(/context "([^"]+)"[^\n]*(?:not found|does not exist)/i) ?? [];
  if (context !== undefined) {
    return new ConfigurationError(`docker has no context ${context} on this machine`, {
      hint: `docker context create ${context} --docker host=ssh://<user>@<host>`,
    });
  }
  return new FailedError(
    `${command.file} ${subcommand(command)} failed (status ${status})${said && `: ${said}`}`,
  );
}

/** Finds `compose down` in the arguments. Each option before a subcommand has a value. */
function subcommand({ args }: Command): string {
  const first = nextWord(args, 0);
  return args[first] === 'compose' ? `compose ${args[nextWord(args, first + 1)] ?? ''}` : (args[first] ?? '');
}

function nextWord(args: readonly string[], from: number): number {
  let at = from;
  while (args[at]?.startsWith('-')) at += 2;
  return at;
}
