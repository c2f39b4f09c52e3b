import { CancelledError } from '../errors.ts';
import type { Terminal } from '../output/terminal.ts';
/** @param typed whether a person types into it */
export declare function whileTerminalIsLent<T>(typed: boolean, work: () => Promise<T>): Promise<T>;
/**
 * The first Ctrl-C or SIGTERM aborts, and within two seconds this process ends, whatever hangs; children share the
 * terminal's process group, get the signal as well, and have a part of that time. The second says what would be left
 * behind, the third leaves.
 *
 * @param leave ends this process
 * @returns to be called when the work has ended
 */
export declare function cancelOnSignals(
  controller: AbortController,
  terminal: Terminal,
  leave: (reason: CancelledError) => void,
): () => void;
