import { setTimeout as sleep } from 'node:timers/promises';
import { CancelledError } from '../../errors.ts';
import type { Terminal } from '../../output/terminal.ts';

/**
 * Counts down on the terminal, once a second.
 *
 * @throws CancelledError if the signal is aborted meanwhile
 */
export async function countdown(seconds: number, terminal: Terminal, signal: AbortSignal): Promise<void> {
  for (let left = seconds; left > 0; left--) {
    terminal.progress(`Ctrl-C cancels. Starting in ${left} …`);
    try {
      await sleep(1000, undefined, { signal });
    } catch {
      break;
    }
  }
  terminal.clear();
  if (!signal.aborted) return;
  const reason: unknown = signal.reason;
  throw reason instanceof CancelledError
    ? new CancelledError('cancelled; nothing was touched', reason.signal)
    : reason;
}
