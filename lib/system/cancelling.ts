/** Seconds after the first Ctrl-C. All should be over within two. */
const CANCELLING = {
  /** Until then, work may end by itself: a child process, a statement that the server was asked to cancel. */
  untilCut: 0.8,
  /** Until then, cleaning up may run. What it could not undo is reported, and the next run repairs it. */
  untilOver: 1.5,
  /** At this time the process exits. */
  untilLeft: 1.7,
  /** Replaces `untilOver` while a database is closed to applications and the server that has to open it answers. */
  untilOpened: 10,
};

const cuts = new Set<(reason: Error) => void>();

/**
 * Registers something that may wait for ever: a connection, a child process. It is cut if a cancelled task has not
 * ended in time. Cleaning up that starts later registers anew, and may use the remaining time.
 *
 * @param cut must reject what waits
 * @returns a function that removes the registration
 */
export function mayHang(cut: (reason: Error) => void): () => void {
  cuts.add(cut);
  return () => void cuts.delete(cut);
}

/** Cuts everything that is registered, with this reason. */
export function cutAll(reason: Error): void {
  const all = [...cuts];
  cuts.clear();
  for (const cut of all) cut(reason);
}

let over = false;
/** True if no time is left for cleaning up: then nothing is tried again. */
export const isOver = (): boolean => over;

let cancelled = false;
/** True from the first Ctrl-C on. */
export const isCancelled = (): boolean => cancelled;

let heardAt = -Infinity;
/** Call this when the engine or the server has answered. */
export const heard = (): void => void (heardAt = performance.now());

/**
 * Ends what a cancelled task waits for, step by step.
 *
 * @param isClosed whether a database is closed to applications until cleaning up is done
 * @param leave exits the process
 * @returns a function to call when the task has ended
 */
export function cancelStepByStep(reason: Error, isClosed: () => boolean, leave: () => void): () => void {
  cancelled = true;
  const started = performance.now();
  const timers = new Set<NodeJS.Timeout>();
  const at = (seconds: number, act: () => void): void => {
    const wait = Math.max(0, seconds * 1000 - (performance.now() - started));
    const timer = setTimeout(() => (timers.delete(timer), act()), wait);
    timers.add(timer);
  };
  const answers = (): boolean => performance.now() - heardAt < CANCELLING.untilOver * 1000;
  const end = (): void => {
    const elapsed = (performance.now() - started) / 1000;
    if (isClosed() && answers() && elapsed < CANCELLING.untilOpened) return at(elapsed + 0.1, end);
    over = true;
    cutAll(reason);
    at(elapsed + CANCELLING.untilLeft - CANCELLING.untilOver, leave);
  };
  at(CANCELLING.untilCut, () => cutAll(reason));
  at(CANCELLING.untilOver, end);
  return () => timers.forEach(clearTimeout);
}
