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

/** The work started and did not succeed. Keeps the exit status of the program that failed, if there was one. */
export class FailedError extends MakesafeError {
  readonly status: number;

  constructor(message: string, details: ErrorDetails & { status?: number } = {}) {
    super(message, details);
    this.status = details.status ?? 1;
  }
}

/** Two things could not be compared, or only in part: whether they are the same is not known. */
export class IncomparableError extends MakesafeError {
  readonly status = 3;
}

/**
 * Turns an error that ended a comparison into one with status 3. Status 1 means that the two differ, so a failure must
 * not have it. Errors other than FailedError already have a clear status, and keep it.
 *
 * @param what the sentence that goes before the message: `vm_stg cannot be read`
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

/** The guard refused. Nothing was changed. */
export class RefusedError extends MakesafeError {
  readonly status = 77;
}

/** The server is a standby: it takes no changes. While a primary changes, an address may lead to one for a moment. */
export class StandbyError extends RefusedError {}

/** Which server of a cluster is the primary is not known: none says so, or two do. That may last for a moment. */
export class UnclearPrimaryError extends RefusedError {}

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

/**
 * The messages of pg, without an error code, when the connection broke before the server sent a reason: for the query
 * that was running, and for the next one.
 */
const HUNG_UP = /^(Connection terminated|Client has encountered a connection error)/;

/**
 * read_only_sql_transaction. The server is a standby: another one became the primary while the task ran. Or a script of the
 * team runs with the database's own settings, where `default_transaction_read_only` is on.
 */
export const READ_ONLY = '25006';

/**
 * SQLSTATEs that mean that the server, its primary or the session is gone, whatever the statement was. Class 57P: the server
 * ends sessions, or is starting or stopping. Class 08: the connection.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const LOST = /^(25006$|57P0|08)/;
/** The same by the network. Of the disk there are codes as well (ENOSPC): they do not mean it. */
const NETWORK = /^(ECONN|EPIPE$|ETIMEDOUT$|EHOST|ENET|EAI_|ENOTFOUND$)/;

/**
 * protocol_violation: pgbouncer gives it to all that it says itself, also that it cannot reach its server. These words are
 * about who comes, and not about the way.
 */
const OF_POOLER = '08P01';
const REFUSED = /authentication|password|SASL|does not exist|no such|not (?:allowed|supported)|unsupported/i;

/** Whether a SQLSTATE says that the server or its primary is gone, and not that a statement failed. */
export const isLostState = (state: string | null | undefined, message = ''): boolean =>
  state != null && LOST.test(state) && !(state === OF_POOLER && REFUSED.test(message));

/**
 * Whether the error means that the connection, the server or its primary is gone, and not that a statement failed. The one
 * place that decides it.
 */
export function isLost(error: unknown): boolean {
  if (error instanceof UnreachableError) return true;
  // The address leads to a standby, or nobody knows to whom: another server is about to become the primary.
  if (error instanceof StandbyError || error instanceof UnclearPrimaryError) return true;
  // It says which statement or which file it was; why is below.
  if (error instanceof FailedError) return error.cause !== undefined && isLost(error.cause);
  if (error instanceof MakesafeError || !(error instanceof Error)) return false;
  const code = codeOf(error);
  return code === undefined
    ? HUNG_UP.test(error.message)
    : isLostState(code, error.message) || NETWORK.test(code);
}

/** pg's own errors have none. */
const codeOf = ({ code }: Error & { readonly code?: unknown }): string | undefined =>
  typeof code === 'string' ? code : undefined;

/**
 * The error for work that had begun: 69 if the server or its primary is gone, and the same command goes on from there;
 * otherwise 1.
 *
 * @param cause decides which of the two
 */
export function endedBy(cause: unknown, message: string, hint?: string): UnreachableError | FailedError {
  const Kind = isLost(cause) ? UnreachableError : FailedError;
  return new Kind(message, { cause, ...(hint === undefined ? {} : { hint }) });
}

/**
 * Turns an error which only says that the server or its primary is gone into an UnreachableError: somebody stopped the
 * server or the session while a task was running, or another server became the primary. Returns any other error as it is.
 * Every error that reaches a person has passed here.
 */
export function asKnown(error: unknown): unknown {
  if (!(error instanceof Error) || !isLost(error)) return error;
  if (error instanceof FailedError)
    return new UnreachableError(error.message, { cause: error.cause, hint: hintOf(error) ?? AGAIN });
  if (error instanceof MakesafeError) return error;
  const code = codeOf(error);
  // A pipe or an address that fails need not be the database's.
  if (code !== undefined && NETWORK.test(code) && code !== 'ECONNRESET') return error;
  if (code === READ_ONLY)
    return new UnreachableError(
      'the server takes no changes: it is a standby by now, or default_transaction_read_only is on',
      {
        cause: error,
        hint: 'see which server is the primary, and have the address lead there; or set default_transaction_read_only off',
      },
    );
  return new UnreachableError(`the database server ended the session: ${messageOf(error)}`, {
    cause: error,
    hint: AGAIN,
  });
}

/** That of the error, or of what it was caused by. */
const hintOf = (error: unknown): string | undefined =>
  error instanceof MakesafeError ? (error.hint ?? hintOf(error.cause)) : undefined;

const AGAIN = 'see what happened to the server, then type this again';

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A failed connection to localhost is an AggregateError with an empty message of its own.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  // PostgreSQL often gives the cause in the detail.
  const detail = 'detail' in error && typeof error.detail === 'string' ? ` (${error.detail})` : '';
  return error.message + detail;
}
