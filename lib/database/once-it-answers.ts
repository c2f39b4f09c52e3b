import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import {
  FailedError,
  HUNG_UP,
  READ_ONLY,
  StandbyError,
  UnclearPrimaryError,
  UnreachableError,
} from '../errors.ts';
import type { StackRun } from '../run/run.ts';
import { isOver } from '../system/cancelling.ts';

/** Seconds that a server that does not answer gets to come back, and a cluster to elect a primary. */
const RETURN_TIMEOUT = 60;
/**
 * The same if the server has stopped and nothing restarts it by itself: a person may be restarting it at this moment.
 */
const RESTART_TIMEOUT = 5;

/**
 * Tries again for a while if the server does not answer, or the cluster has no primary at this moment. Of a cluster each
 * attempt asks anew which server is the primary: so only for a look at the result, and for putting back, whose statements
 * assert on which databases they work.
 *
 * @throws the last error once the time is over; any other error at once
 */
export async function onceItAnswers<T>(run: StackRun, attempt: () => Promise<T>): Promise<T> {
  const began = performance.now();
  let lastSeen = began;
  for (;;) {
    try {
      run.stack.lookForPrimary?.();
      return await attempt();
    } catch (error) {
      const now = performance.now();
      if (!run.stack.hasEnded?.()) lastSeen = now;
      if (
        !isLost(error) ||
        isOver() ||
        now - began > RETURN_TIMEOUT * 1000 ||
        now - lastSeen > RESTART_TIMEOUT * 1000
      )
        throw error;
      await run.stack.fullDisk?.recover();
      run.terminal.progress('waiting for the server to answer …');
      await sleep(500);
    }
  }
}

/** Whether the error means that the connection, the server or its primary is gone, and not that a statement failed. */
export function isLost(error: unknown): boolean {
  if (error instanceof UnreachableError) return true;
  // The address leads to a standby, or nobody knows to whom: another server is about to become the primary.
  if (error instanceof StandbyError || error instanceof UnclearPrimaryError) return true;
  // It says which statement or which file it was; why is below.
  if (error instanceof FailedError) return error.cause !== undefined && isLost(error.cause);
  const { code, message } = (error ?? {}) as Partial<pg.DatabaseError>;
  // pg's own errors have no code.
  return code === undefined ? HUNG_UP.test(message ?? '') : code === READ_ONLY || GONE.test(code);
}

/**
 * Class 57P: the server ends sessions, or is starting or stopping. Class 08: the connection. The others are those of the
 * network. Of the disk there are some as well (ENOSPC): they do not mean it.
 */
const GONE = /^(57P0|08|ECONN|EPIPE$|ETIMEDOUT$|EHOST|ENET|EAI_|ENOTFOUND$)/;

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
