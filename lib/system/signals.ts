import { CancelledError } from '../errors.ts';
import { cancelStepByStep } from './cancelling.ts';
import type { Terminal } from '../output/terminal.ts';
import { isClosed, wouldBeLeft } from './unfinished.ts';
import { parentOf } from './process-id.ts';

/**
 * Milliseconds within which repeated signals count as one. For one Ctrl-C, we get a signal from the terminal, and again
 * from npx and from tsx, up to half a second later on a busy machine. They must not count as the second or third
 * Ctrl-C, which leave work behind.
 */
const SAME = 1000;
/**
 * Milliseconds between two answers to tsx, which starts this process: it kills (SIGKILL) a task that does not answer within 60
 * of its own Ctrl-C, and hears nothing of what came before that. Its listener, which answers, is beside ours.
 */
const ANSWER = 5;

/** True while a person types into a child process: Ctrl-C is then for that process. */
let lent = false;

/** @param typed whether a person types into the child process */
export async function whileTerminalIsLent<T>(typed: boolean, work: () => Promise<T>): Promise<T> {
  lent = typed;
  return work().finally(() => (lent = false));
}

/** Milliseconds between two checks whether npx still runs. */
const LOOK = 500;

/**
 * Handles signals. The first Ctrl-C or SIGTERM aborts, and this process exits within two seconds even if something
 * hangs. Child processes share the terminal's process group, so they get Ctrl-C, too, and have part of that time to
 * end. The second signal reports what would be left behind. The third exits at once.
 *
 * @param leave exits the process
 * @returns a function to call when the work has ended
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
    keepAnswering(signal);
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

/** Answers for as long as a signal that came to us may take to come to tsx. */
function keepAnswering(signal: 'SIGINT' | 'SIGTERM'): void {
  const known = new Set<unknown>(process.listeners(signal));
  // tsx keeps its own from `listeners`. One that is called once is there without its wrapper.
  const all = process.rawListeners(signal) as ((signal: string) => void)[];
  const listeners = all.filter((one) => !known.has(one) && !('listener' in one));
  if (listeners.length === 0) return;
  const until = performance.now() + SAME;
  const timer = setInterval(() => {
    if (performance.now() > until) return clearInterval(timer);
    for (const listener of listeners) listener(signal);
  }, ANSWER);
  timer.unref();
}

/**
 * Watches the shell that npx started. npx sends SIGTERM to that shell, which ends but does not pass the signal on to
 * us: its end is the only sign that we have to stop.
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
