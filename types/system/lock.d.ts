/** A process, as another one can look whether it is still there. */
export interface Owner {
  readonly pid: number;
  /** When that process began, as the system counts; tells it from a later one with the same id. */
  readonly started: string | undefined;
  readonly host: string;
}
export declare const thisProcess: () => Owner;
/** Who holds a lock. */
export interface Holder extends Owner {
  /** What the holder wants others to know. */
  readonly about: string;
}
/**
 * Takes a lock that dies with this process: a file that is there whole or not at all, and counts only as long as the
 * process that it names lives. On another machine (a shared folder) that cannot be seen, and the lock counts.
 *
 * @returns the holder, when it is somebody else
 * @throws UnreadableError for what has the lock's name and cannot be read: a folder, a pipe, a file of somebody else
 * @throws Error of the system when it cannot be written
 */
export declare function takeLock(file: string, about?: string): Holder | undefined;
/** Lets go of it; where somebody has removed it meanwhile, and another has taken it, that is left alone. */
export declare function releaseLock(file: string): void;
/**
 * Who holds the lock, without taking it.
 *
 * @throws UnreadableError
 */
export declare function holderOf(file: string): Holder | undefined;
/** Whether a process may be there: on another machine that cannot be seen. */
export declare const isHeld: ({ pid, started, host }: Owner) => boolean;
