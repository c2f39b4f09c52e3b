import { Terminal } from '../output/terminal.ts';
/** Runs work as a program: the only place that sets an exit code. */
export declare function runProgram(
  work: (terminal: Terminal, signal: AbortSignal) => Promise<void>,
): Promise<void>;
