import type { Terminal } from '../../output/terminal.ts';
/**
 * Has the person type the environment's name.
 *
 * @throws CancelledError for anything else, end of input, or Ctrl-C
 */
export declare function confirmName(
  name: string,
  terminal: Terminal,
  signal: AbortSignal,
  input?: NodeJS.ReadableStream,
): Promise<void>;
