import { FailedError, UnreachableError } from '../../errors.ts';
import type { Result } from '../../system/process.ts';

/** What libpq and the server say when a session ends in the middle: https://www.postgresql.org/docs/current/libpq.html */
const LOST =
  /server closed the connection unexpectedly|terminating connection due to (?:administrator command|unexpected postmaster exit)|could not (?:receive data from|send data to) server|(?:connection to server|SSL connection) (?:was lost|has been closed)|SSL SYSCALL error|the database system is (?:starting up|shutting down|in recovery mode|not accepting connections)/;

/** https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-CONFLICT */
const CONFLICT = /due to conflict with recovery/;

/**
 * The error for a pg_dump that ended with a status other than 0.
 *
 * @param consequence a sentence for people: `no backup was made`
 */
export function dumpFailed(
  { status, stderr }: Pick<Result, 'status' | 'stderr'>,
  consequence?: string,
): Error {
  const said = `pg_dump failed (status ${status}): ${stderr.trim()}`;
  const message = consequence === undefined ? said : `${said}\n${consequence}`;
  if (CONFLICT.test(stderr))
    return new FailedError(message, {
      hint: 'type this again; on the standby, max_standby_streaming_delay longer than a dump takes, or hot_standby_feedback = on, lets it end',
    });
  if (LOST.test(stderr))
    return new UnreachableError(message, { hint: 'see what happened to the server, then type this again' });
  return new FailedError(message);
}
