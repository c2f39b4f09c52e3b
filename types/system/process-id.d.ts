/** Whether a process runs. A zombie does not. */
export declare function isAlive(pid: number): boolean;
/**
 * When a process was started, in clock ticks since boot: with its number it names one process for good. Undefined for
 * one that has ended, and where /proc does not exist.
 */
export declare function startOf(pid: number): string | undefined;
/** The process that has started a process; undefined for one that has ended, and where /proc does not exist. */
export declare const parentOf: (pid: number) => number | undefined;
/**
 * The arguments of a process, its program first, or the variables that it was started with.
 *
 * @throws Error for one that has ended or belongs to somebody else, and where /proc does not exist
 */
export declare const wordsOf: (pid: number, what: 'cmdline' | 'environ') => string[];
