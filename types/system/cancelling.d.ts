/** Seconds from the first Ctrl-C: the whole is to be over within two. */
export declare const CANCELLING: {
  /** What is under way may end by itself: a child process, a statement that the server is told to cancel. */
  untilCut: number;
  /** Cleaning up ends: what it could not undo is said, and the next run repairs it. */
  untilOver: number;
  /** The process ends. */
  untilLeft: number;
  /** The same where a database is closed to applications meanwhile, and whoever is to open it answers. */
  untilOpened: number;
};
/**
 * Registers what may wait for ever for somebody else: a connection, a child process. It is cut when a cancelled task has
 * not ended by itself in time. What is begun after that cleans up, and gets the time that is left.
 *
 * @param cut has to make whoever waits hear of it
 * @returns takes it off the list
 */
export declare function mayHang(cut: (reason: Error) => void): () => void;
export declare function cutAll(reason: Error): void;
/** Whether there is no time left for cleaning up: nothing is tried once more. */
export declare const isOver: () => boolean;
/** Somebody whom we wait for has answered something. */
export declare const heard: () => void;
/**
 * Ends what a cancelled task waits for, step by step.
 *
 * @param isClosed whether applications are kept out until the cleaning up is done
 * @param leave ends this process
 * @returns to be called when the task has ended
 */
export declare function cancelStepByStep(
  reason: Error,
  isClosed: () => boolean,
  leave: () => void,
): () => void;
