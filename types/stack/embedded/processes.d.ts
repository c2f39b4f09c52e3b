/** True for the postmaster of a data directory: a number in a file may by now belong to another program. */
export declare function isServerOf(pid: number, data: string): boolean;
/**
 * Ends what a killed server or task left running on a data directory: a busy backend does not notice that its postmaster is gone, and keeps the
 * data directory locked. Without a postmaster nothing that it does is kept, so it need not be told to finish.
 */
export declare function endOrphans(data: string): Promise<void>;
