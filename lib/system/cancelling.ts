/** Seconds from the first Ctrl-C: the whole is to be over within two. */
const CANCELLING = {
  /** What is under way may end by itself: a child process, a statement that the server is told to cancel. */
  untilCut: 0.8,
  /** Cleaning up ends: what it could not undo is said, and the next run repairs it. */
  untilOver: 1.5,
  /** The process ends. */
  untilLeft: 1.7,
  /** The same where a database is closed to applications meanwhile, and whoever is to open it answers. */
  untilOpened: 10,
};

const cuts = new Set<(reason: Error) => void>();

/**
 * Registers what may wait for ever for somebody else: a connection, a child process. It is cut when a cancelled task has
 * not ended by itself in time. What is begun after that cleans up, and gets the time that is left.
 *
 * @param cut has to make whoever waits hear of it
 * @returns takes it off the list
 */
export function mayHang(cut: (reason: Error) => void): () => void {
  cuts.add(cut);
  return () => void cuts.delete(cut);
}

export function cutAll(reason: Error): void {
  const all = [...cuts];
  cuts.clear();
  for (const cut of all) cut(reason);
}

let over = false;
/** Whether there is no time left for cleaning up: nothing is tried once more. */
export const isOver = (): boolean => over;

let heardAt = -Infinity;
/** Somebody whom we wait for has answered something. */
export const heard = (): void => void (heardAt = performance.now());

/**
 * Ends what a cancelled task waits for, step by step.
 *
 * @param isClosed whether applications are kept out until the cleaning up is done
 * @param leave ends this process
 * @returns to be called when the task has ended
 */
export function cancelStepByStep(reason: Error, isClosed: () => boolean, leave: () => void): () => void {
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
