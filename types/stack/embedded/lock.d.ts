/**
 * Lets one task at a time make, start, stop or remove the server of a folder. The lock of a task that was killed does
 * not count.
 *
 * @throws FailedError naming the holder
 */
export declare function withLock<T>(folder: string, work: () => Promise<T>): Promise<T>;
