/** True for what a system call answered. */
export declare const isSystemError: (error: unknown) => boolean;
/** Why a system call failed: `ENOSPC, the disk is full`. The code is what others can be asked about, or a search. */
export declare function reasonOf(error: unknown): string;
/** What to do about it; undefined where nothing is known that is more than the reason. */
export declare function remedyOf(error: unknown): string | undefined;
export declare const isMissing: (error: unknown) => boolean;
