import { UnreachableError } from '../errors.ts';

/** How long something may take, and what to tell the person if it takes longer. */
export interface Limit {
  /** Completes "waited 10 s for …": `the container engine to answer`. */
  readonly what: string;
  readonly seconds: number;
  /** What the person can do. */
  readonly hint?: string;
}

interface Ending {
  /** Stops the wait, with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the work: closes a connection, kills a child process. Errors that follow from that are ignored. */
  readonly end?: (reason: Error) => void;
}

/**
 * Waits for a promise, for a limited time. If the promise settles later, that is ignored.
 *
 * @throws UnreachableError if the time is over; the signal's reason; whatever the promise rejects with
 */
export function within<T>(limit: Limit, promise: Promise<T>, { signal, end }: Ending = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (reason: Error): void => {
      settle();
      reject(reason);
      end?.(reason);
    };
    const timer = setTimeout(() => giveUp(overdue(limit)), limit.seconds * 1000);
    const abort = (): void => giveUp(signal!.reason as Error);
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    promise.then(resolve, reject).finally(settle);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}

/** The error for a limit that is over. @param more what else is known about it */
export const overdue = ({ what, seconds, hint }: Limit, more = ''): UnreachableError =>
  new UnreachableError(`waited ${seconds} s for ${what}${more && `: ${more}`}`, {
    ...(hint === undefined ? {} : { hint }),
  });
