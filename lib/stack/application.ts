/** The application's services: they may migrate at start, or fail without the tables. */
export interface Application {
  databaseRuns(): Promise<boolean>;
  /** Stops services. @param which all that run, or only those that the engine keeps restarting */
  holdBack(which: 'all' | 'restarting'): Promise<HeldBack>;
  /** Services that an earlier run stopped, and could not start again before it ended. */
  leftStopped(): Promise<readonly string[]>;
}

export interface HeldBack {
  /** Names of the services that were stopped. */
  readonly services: readonly string[];
  /** Starts them again, the same containers. */
  readonly letGo: () => Promise<void>;
}
