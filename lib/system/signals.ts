import { CancelledError } from '../errors.ts';
import { cancelStepByStep } from './cancelling.ts';
import type { Terminal } from '../output/terminal.ts';
import { isClosed, wouldBeLeft } from './unfinished.ts';
import { parentOf } from './process-id.ts';

/**
 * Milliseconds within which signals are one. Ctrl-C reaches us from the terminal, and again from each of npx and tsx,
 * which pass on what the terminal has given to us already, on a busy machine half a second later: one press must not count
 * as the second or third, which leave work behind.
 */
const SAME = 1000;
/** While a person types into a program of theirs, Ctrl-C is for that one. */
let lent = false;

/** @param typed whether a person types into it */
export async function whileTerminalIsLent<T>(typed: boolean, work: () => Promise<T>): Promise<T> {
  lent = typed;
  return work().finally(() => (lent = false));
}

/** Milliseconds between two looks at whether npx is still there. */
const LOOK = 500;

/**
 * The first Ctrl-C or SIGTERM aborts, and within two seconds this process ends, whatever hangs; children share the
 * terminal's process group, get the signal as well, and have a part of that time. The second says what would be left
 * behind, the third leaves.
 *
 * @param leave ends this process
 * @returns to be called when the work has ended
 */
export function cancelOnSignals(
  controller: AbortController,
  terminal: Terminal,
  leave: (reason: CancelledError) => void,
): () => void {
  let count = 0;
  let forget = (): void => {};
  const abort = (signal: 'SIGINT' | 'SIGTERM'): void => {
    const reason = new CancelledError('cancelled', signal);
    controller.abort(reason);
    forget = cancelStepByStep(reason, isClosed, () => leave(reason));
  };
  let last = -Infinity;
  const cancel = (signal: 'SIGINT' | 'SIGTERM'): void => {
    if (lent && signal === 'SIGINT') return;
    const now = performance.now();
    if (now - last < SAME) return;
    last = now;
    count += 1;
    if (count === 1) return abort(signal);
    if (count > 2) process.exit(signal === 'SIGINT' ? 130 : 143);
    const left = wouldBeLeft().join('; ');
    terminal.warn(
      `still ending what was begun; once more leaves at once${left && `, and leaves behind: ${left}`}`,
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => cancel(signal));
  watchNpx(() => process.kill(process.pid, 'SIGTERM'));
  return () => forget();
}

/**
 * npx passes SIGTERM on to a shell, which ends without passing it on to us. That shell's end is then the only sign
 * that somebody wanted us to stop.
 */
function watchNpx(onGone: () => void): void {
  if (process.env['npm_lifecycle_event'] !== 'npx') return;
  const started = parentOf(process.ppid);
  if (started === undefined) return;
  const timer = setInterval(() => {
    if (parentOf(process.ppid) === started) return;
    clearInterval(timer);
    onGone();
  }, LOOK);
  timer.unref();
}
