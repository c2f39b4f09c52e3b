/** Says, while `work` runs, what leaving it would leave behind; after a failure, what it has left. */
export declare function whileUnfinished<T>(
  left: string,
  work: () => Promise<T>,
  {
    closed,
  }?: {
    readonly closed?: boolean;
  },
): Promise<T>;
export declare const wouldBeLeft: () => readonly string[];
/** What the work that failed has left behind, unless its error says more. */
export declare const wasLeft: () => string | undefined;
/** Whether a database is closed to applications by us, or may still be. */
export declare const isClosed: () => boolean;
