import { UnreachableError } from '../errors.ts';
/** How long something may take, and what a person hears and does when it takes longer. */
export interface Limit {
  /** What is waited for: `the container engine to answer`. */
  readonly what: string;
  readonly seconds: number;
  /** What the person types or does next. */
  readonly hint?: string;
}
interface Ending {
  /** Gives up as well, with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Ends what is waited for: a connection, a child process. Its own error comes too late to be heard. */
  readonly end?: (reason: Error) => void;
}
/**
 * Waits for a promise, for so long and no longer. One that is given up may still settle; nobody hears of it.
 *
 * @throws UnreachableError when the limit is over; the signal's reason; whatever the promise rejects with
 */
export declare function within<T>(limit: Limit, promise: Promise<T>, { signal, end }?: Ending): Promise<T>;
/** What a person hears when a limit is over. @param more what else is known of it */
export declare const overdue: ({ what, seconds, hint }: Limit, more?: string) => UnreachableError;
export {};
