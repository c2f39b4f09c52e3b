import { RefusedError } from '../../errors.ts';
/** Neither follows a link nor waits for a pipe: the file that is written is the file of this name. */
export declare function openJournal(file: string, more?: number): number;
/** The last line has no end. */
export declare function isCut(descriptor: number): boolean;
/**
 * Whether a line can be written: to be known before anyone waits, and before anything is destroyed. Makes nothing.
 *
 * @throws RefusedError with the reason
 */
export declare function checkJournal(file: string): void;
export declare function unusable(how: 'written' | 'read', file: string, error: unknown): RefusedError;
