/**
 * One class per kind of failure. The class decides the exit status, the message names what is wrong, the hint
 * says what to type. Statuses from 64 up follow sysexits.h.
 */
export interface ErrorDetails {
  /** What the person types or does next. */
  hint?: string;
  cause?: unknown;
}
export declare abstract class MakesafeError extends Error {
  abstract readonly status: number;
  readonly hint: string | undefined;
  constructor(message: string, details?: ErrorDetails);
}
/** The work was started and did not succeed. Keeps the status of the program that failed, if there was one. */
export declare class FailedError extends MakesafeError {
  readonly status: number;
  constructor(
    message: string,
    details?: ErrorDetails & {
      status?: number;
    },
  );
}
/** Two things could not be compared, or not in full: nobody knows whether they are the same. */
export declare class IncomparableError extends MakesafeError {
  readonly status = 3;
}
/**
 * What ended a comparison. 1 would say that the two differ: whatever has no status of its own is 3.
 *
 * @param what could not be done, for an error that does not say it itself: `vm_stg cannot be read`
 */
export declare function asIncomparable(error: unknown, what: string): unknown;
/** A parameter is missing, unknown or malformed. */
export declare class UsageError extends MakesafeError {
  readonly status = 64;
}
/** The container engine or the database does not answer. */
export declare class UnreachableError extends MakesafeError {
  readonly status = 69;
}
/** The guard said no. Nothing was touched. */
export declare class RefusedError extends MakesafeError {
  readonly status = 77;
}
/** A file is missing or malformed, or a registry entry is invalid. */
export declare class ConfigurationError extends MakesafeError {
  readonly status = 78;
}
/** Ctrl-C or SIGTERM. */
export declare class CancelledError extends MakesafeError {
  readonly status: 130 | 143;
  readonly signal: 'SIGINT' | 'SIGTERM';
  constructor(message: string, signal?: 'SIGINT' | 'SIGTERM');
}
/** What pg says, without a code, where the server had no time to say anything: of a question, and of the next one. */
export declare const HUNG_UP: RegExp;
/**
 * What was thrown, as one of ours where it only says that the server ended the session: somebody stopped it, or the
 * session, while a task was at work. Class 57P of https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export declare function asKnown(error: unknown): unknown;
/** The message of anything that was thrown. */
export declare function messageOf(error: unknown): string;
