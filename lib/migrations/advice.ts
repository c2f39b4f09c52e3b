import type { MigrationFailure } from '../stack/alembic/failure-report.ts';

interface Circumstances {
  /** Revisions that the database is at; undefined if it could not be read. */
  readonly at: readonly string[] | undefined;
  /** Whether the revision's file is inside an image: a correction in the checkout needs a new image. */
  readonly builtIn: boolean;
  /** The command that continues. */
  readonly again: string;
  /** The command for another task on this environment. */
  readonly line: (task: string) => string;
}

/** The server's messages that mean that another session is the cause. */
const BUSY = /due to (lock|statement) timeout|deadlock detected|could not obtain lock/;

/** What to do about a failed migration; undefined if the message already says all that is known. */
export function advise(
  { message, file }: MigrationFailure,
  { at, builtIn, again, line }: Circumstances,
): string | undefined {
  const goOn = builtIn ? `${line('rebuild')}, and: ${again}` : again;
  if (/^Multiple head revisions/.test(message))
    return `${line('al-heads-env')} lists them; let one follow the other (down_revision), or join them (alembic merge heads), then: ${goOn}`;
  const [, unknown] = message.match(/^Can't locate revision identified by '(.*)'/) ?? [];
  if (unknown !== undefined && at?.includes(unknown))
    return `the database is at ${unknown}, which the code here does not have: get the code that has it, then: ${goOn}`;
  if (/^Relative revision \S+ didn't produce/.test(message) && at?.length === 0)
    return `the database has no revision to go back from: ${line('al-up-env')}`;
  if (unknown !== undefined || /^Relative revision/.test(message))
    return `${line('al-hist-env')} lists all revisions`;
  if (/^Revision \S+ referenced from/.test(message))
    return `correct the down_revision of the one that follows it, or get the file that is missing, then: ${goOn}`;
  if (BUSY.test(message))
    return `nothing to correct: another session is in the way, or the statement takes long; then: ${again}`;
  if (/password authentication failed/.test(message)) return line('check');
  return file === undefined ? undefined : `correct it, then: ${goOn}`;
}
