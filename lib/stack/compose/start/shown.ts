import type { Command } from '../../../system/command.ts';
import type { Environment } from '../../../environment/resolve.ts';
import { FailedError } from '../../../errors.ts';
import { whileWaiting } from '../../../output/waiting.ts';
import type { RunOptions } from '../../../system/process.ts';
import type { Terminal } from '../../../output/terminal.ts';
import { inProject } from '../config/config.ts';
import { dockerError } from '../engine/docker.ts';
import { runCompose } from '../engine/plugin.ts';
import type { RunningContainers } from '../containers/running.ts';

export interface ShownOptions extends RunOptions {
  /** Shows compose's output only if it fails. Until then, the terminal says that we wait for this. */
  readonly quietly?: string;
}

/**
 * Runs compose commands and shows their output. On a terminal, compose draws its own progress. Elsewhere, for instance
 * in the logs of CI, each line passes the redactor.
 *
 * @param allowed called before each command; rejects to prevent it
 */
export function shown(
  environment: Environment,
  terminal: Terminal,
  running: RunningContainers,
  allowed: () => Promise<void>,
): (command: Command, how: ShownOptions) => Promise<void> {
  return async (command, { quietly, ...how }) => {
    // If the engine does not answer, this gives the best error message.
    await running.look();
    await allowed();
    const kept: string[] = [];
    const onLine = (line: string): void =>
      void (quietly === undefined ? terminal.line(line) : kept.push(line));
    // While the terminal folds lines, compose would draw between them and the line that counts the seconds.
    const drawn = terminal.interactive && !terminal.folded;
    const output = drawn && quietly === undefined ? { terminal: true } : { onLine };
    const ran = runCompose(command, { ...inProject(environment), ...output, ...how });
    const result = await (quietly === undefined ? ran : whileWaiting(terminal, quietly, ran));
    running.forget();
    if (result.status === 0) return;
    for (const line of kept) terminal.line(line);
    // The whole output was shown: the error needs only the last line, which tells the reason.
    const error = dockerError(command, { ...result, stderr: result.stderr.trim().split('\n').at(-1)! });
    if (!(error instanceof FailedError)) throw error;
    throw new FailedError(error.message, { hint: `make check ENV=${environment.name}` });
  };
}
