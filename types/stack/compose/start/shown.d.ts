import type { Command } from '../../../system/command.ts';
import type { Environment } from '../../../environment/resolve.ts';
import type { RunOptions } from '../../../system/process.ts';
import type { Terminal } from '../../../output/terminal.ts';
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
export declare function shown(
  environment: Environment,
  terminal: Terminal,
  running: RunningContainers,
  allowed: () => Promise<void>,
): (command: Command, how: ShownOptions) => Promise<void>;
