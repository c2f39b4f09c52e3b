/**
 * One class per kind of failure. The class decides the exit status, the message names what is wrong, the hint
 * says what to type. Statuses from 64 up follow sysexits.h.
 */
interface ErrorDetails {
  /** What the person types or does next. */
  hint?: string;
  cause?: unknown;
}

export abstract class MakesafeError extends Error {
  abstract readonly status: number;
  readonly hint: string | undefined;

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = new.target.name;
    this.hint = details.hint;
  }
}

/** The work was started and did not succeed. Keeps the status of the program that failed, if there was one. */
export class FailedError extends MakesafeError {
  readonly status: number;

  constructor(message: string, details: ErrorDetails & { status?: number } = {}) {
    super(message, details);
    this.status = details.status ?? 1;
  }
}

/** Two things could not be compared, or not in full: nobody knows whether they are the same. */
export class IncomparableError extends MakesafeError {
  readonly status = 3;
}

/**
 * What ended a comparison. 1 would say that the two differ: whatever has no status of its own is 3.
 *
 * @param what could not be done, for an error that does not say it itself: `vm_stg cannot be read`
 */
export function asIncomparable(error: unknown, what: string): unknown {
  const known = asKnown(error);
  if (known instanceof MakesafeError && !(known instanceof FailedError)) return known;
  const hint = known instanceof FailedError && known.hint !== undefined ? { hint: known.hint } : {};
  return new IncomparableError(`${what}: ${messageOf(known)}`, { cause: error, ...hint });
}

/** A parameter is missing, unknown or malformed. */
export class UsageError extends MakesafeError {
  readonly status = 64;
}

/** The container engine or the database does not answer. */
export class UnreachableError extends MakesafeError {
  readonly status = 69;
}

/** The guard said no. Nothing was touched. */
export class RefusedError extends MakesafeError {
  readonly status = 77;
}

/** A file is missing or malformed, or a registry entry is invalid. */
export class ConfigurationError extends MakesafeError {
  readonly status = 78;
}

/** Ctrl-C or SIGTERM. */
export class CancelledError extends MakesafeError {
  readonly status: 130 | 143;
  readonly signal: 'SIGINT' | 'SIGTERM';

  constructor(message: string, signal: 'SIGINT' | 'SIGTERM' = 'SIGINT') {
    super(message);
    this.signal = signal;
    this.status = signal === 'SIGTERM' ? 143 : 130;
  }
}

/** What pg says, without a code, where the server had no time to say anything: of a question, and of the next one. */
export const HUNG_UP = /^(Connection terminated|Client has encountered a connection error)/;

/**
 * What was thrown, as one of ours where it only says that the server ended the session: somebody stopped it, or the
 * session, while a task was at work. Class 57P of https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function asKnown(error: unknown): unknown {
  if (error instanceof MakesafeError || !(error instanceof Error)) return error;
  const ended =
    'code' in error ? /^(57P0|ECONNRESET$)/.test(String(error.code)) : HUNG_UP.test(error.message);
  if (!ended) return error;
  return new UnreachableError(`the database server ended the session: ${messageOf(error)}`, {
    cause: error,
    hint: 'see what happened to the server, then type this again',
  });
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A failed connection to localhost is an AggregateError with an empty message of its own.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  // PostgreSQL often says in the detail what stands in the way.
  const detail = 'detail' in error && typeof error.detail === 'string' ? ` (${error.detail})` : '';
  return error.message + detail;
}
