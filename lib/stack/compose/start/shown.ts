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
  /** What is waited for, where nobody is to read what compose prints unless it fails. */
  readonly quietly?: string;
}

/**
 * Runs compose commands where the person sees what they print. On a terminal compose draws its own progress; elsewhere, in
 * logs that are kept, each line passes the redactor.
 *
 * @param allowed asked before each
 */
export function shown(
  environment: Environment,
  terminal: Terminal,
  running: RunningContainers,
  allowed: () => Promise<void>,
): (command: Command, how: ShownOptions) => Promise<void> {
  return async (command, { quietly, ...how }) => {
    // It says best why it does not answer; docker has no need to complain then.
    await running.look();
    await allowed();
    const kept: string[] = [];
    const onLine = (line: string): void =>
      void (quietly === undefined ? terminal.line(line) : kept.push(line));
    // While lines are kept, compose would draw between them and the line that counts the seconds.
    const drawn = terminal.interactive && !terminal.folded;
    const output = drawn && quietly === undefined ? { terminal: true } : { onLine };
    const ran = runCompose(command, { ...inProject(environment), ...output, ...how });
    const result = await (quietly === undefined ? ran : whileWaiting(terminal, quietly, ran));
    running.forget();
    if (result.status === 0) return;
    for (const line of kept) terminal.line(line);
    // All of it was shown; the last line says why.
    const error = dockerError(command, { ...result, stderr: result.stderr.trim().split('\n').at(-1)! });
    if (!(error instanceof FailedError)) throw error;
    throw new FailedError(error.message, { hint: `make check ENV=${environment.name}` });
  };
}
