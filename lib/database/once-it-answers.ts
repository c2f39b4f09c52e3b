import { setTimeout as sleep } from 'node:timers/promises';
import { CancelledError, isLost } from '../errors.ts';
import type { StackRun } from '../run/run.ts';
import { isOver } from '../system/cancelling.ts';
import { isClosed } from '../system/unfinished.ts';

/** Seconds that a server that does not answer gets to come back, and a cluster to elect a primary. */
const RETURN_TIMEOUT = 60;
/** The same for a cluster while a database of ours is closed to applications: giving up would leave it so. */
const OPENING_TIMEOUT = 180;
/**
 * The same if the server has stopped and nothing restarts it by itself: a person may be restarting it at this moment.
 */
const RESTART_TIMEOUT = 5;

/**
 * Tries again for a while if the server does not answer, or the cluster has no primary at this moment. Of a cluster each
 * attempt asks anew which server is the primary: so only for a look at the result, and for putting back, whose statements
 * assert on which databases they work.
 *
 * After Ctrl-C what hangs is cut before the time is over, and with it an attempt that only takes its time: it gets the rest.
 *
 * @throws the last error once the time is over; any other error at once
 */
export async function onceItAnswers<T>(run: StackRun, attempt: () => Promise<T>): Promise<T> {
  const began = performance.now();
  let lastSeen = began;
  let cut = false;
  const timeout = run.stack.lookForPrimary && isClosed() ? OPENING_TIMEOUT : RETURN_TIMEOUT;
  for (;;) {
    try {
      run.stack.lookForPrimary?.();
      return await attempt();
    } catch (error) {
      if (error instanceof CancelledError && !cut && !isOver()) {
        cut = true;
        continue;
      }
      const now = performance.now();
      if (!run.stack.hasEnded?.()) lastSeen = now;
      if (
        !isLost(error) ||
        isOver() ||
        now - began > timeout * 1000 ||
        now - lastSeen > RESTART_TIMEOUT * 1000
      )
        throw error;
      await run.stack.fullDisk?.recover();
      run.terminal.progress('waiting for the server to answer …');
      await sleep(500);
    }
  }
}
