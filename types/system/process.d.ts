import type { Readable, Writable } from 'node:stream';
import type { Command } from './command.ts';
import { type Limit } from './limit.ts';
export interface Result {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}
export interface RunOptions {
  /** Added to the inherited variables of INHERITED. */
  readonly env?: Readonly<Record<string, string>>;
  /** Left out of INHERITED, because something else defines them. */
  readonly without?: Iterable<string>;
  readonly cwd?: string;
  readonly input?: string | Readable;
  /** Where standard output goes instead of `Result.stdout`. It is ended when the command ends. */
  readonly output?: Writable;
  /** Called for each line of standard output and error as it comes. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Give the command our terminal, its standard output sent to our standard error. */
  readonly terminal?: boolean;
  /** With `terminal`: leave standard output alone, because it is the result. */
  readonly resultOnStdout?: boolean;
  /** For the whole of it; without one it may take as long as it likes. */
  readonly limit?: Limit;
}
/** Whether a child process gets it from our environment. */
export declare const isInherited: (name: string) => boolean;
export declare function childEnvironment(
  extra?: Readonly<Record<string, string>>,
  without?: Iterable<string>,
): Record<string, string>;
/**
 * Tells what is no child process of ours, and hears of neither signal, what to end with.
 *
 * @returns what ends that
 */
export declare function untilSignalled(end: (status: number) => void): () => void;
/**
 * Runs a command and waits for it, whatever its status.
 *
 * zx minds the process; its shell is left out, so that every argument arrives as it is.
 *
 * @throws UnreachableError when the program is not installed, or waits for somebody who does not answer any more; it is
 *   killed then, with what it started, as it is when it takes longer than its limit or than a cancelled task has
 */
export declare function run(command: Command, options?: RunOptions): Promise<Result>;
export declare function eachLine(stream: Readable, visit: (line: string) => void): Promise<void>;
