import type { Terminal } from '../../output/terminal.ts';
/**
 * Counts down visibly, a second at a time.
 *
 * @throws CancelledError when the signal is aborted meanwhile
 */
export declare function countdown(seconds: number, terminal: Terminal, signal: AbortSignal): Promise<void>;
