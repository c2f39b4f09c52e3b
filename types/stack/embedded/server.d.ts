/** Where one embedded server lives. */
export interface Home {
  /** `.embedded/<environment>` */
  readonly folder: string;
  readonly data: string;
  readonly log: string;
}
export interface Credentials {
  readonly user: string;
  readonly password: string;
}
export interface Running {
  readonly pid: number;
  readonly port: number;
}
export declare function homeOf(root: string, environment: string): Home;
/** The server of this data directory, if it runs. What postmaster.pid says is believed only of a live postgres. */
export declare function findRunning({ data }: Home): Running | undefined;
/** Makes the data directory if there is none, under another name until it is whole. */
export declare function initialise(home: Home, { user, password }: Credentials): Promise<void>;
/**
 * Starts the server so that it outlives this process. Its port is chosen at the first start and kept as long as no
 * other program takes it.
 *
 * @returns once its postmaster.pid says that it is ready
 * @throws UnreachableError with the last lines of its log
 */
export declare function start(home: Home, options: readonly string[]): Promise<Running>;
/** Ends the server; its clients are disconnected ("fast" shutdown). */
export declare function stop(home: Home): Promise<void>;
export declare function lastLines(file: string, count: number): string;
/** Removes the data of a stopped server. From the first moment on there is none. */
export declare function removeData(home: Home): Promise<void>;
/** Whether there is no data directory, not even a link in its place. @throws when that cannot be seen */
export declare function isGone({ data }: Pick<Home, 'data'>): Promise<boolean>;
