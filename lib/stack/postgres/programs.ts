import { randomBytes } from 'node:crypto';
import { whileWaitingFor } from '../../output/waiting.ts';
import { isCancelled } from '../../system/cancelling.ts';
import { holdersOf } from './lock-wait.ts';
import type { AskElsewhere } from './watch-session.ts';

/** The application_names of this run's programs, to find their sessions on the server. */
const RUN = randomBytes(6).toString('hex');
export const DUMPER = `makesafe pg_dump ${RUN}`;
export const SCRIPTER = `makesafe psql ${RUN}`;

/** Waits for a pg_dump, which locks the tables that it reads, and says which session holds a lock that it waits for. */
export const whileDumping = <T>(elsewhere: AskElsewhere, dump: Promise<T>): Promise<T> =>
  whileWaitingFor(
    holdersOf(elsewhere, () => ({ application: DUMPER })),
    dump,
  );

const END = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1';

/**
 * Waits for a psql that runs a script in a container, and says which session or which standby it waits for. After Ctrl-C its
 * session is ended: the program is not on this machine, and would go on with the script.
 *
 * @throws UnreachableError if a commit waits for a standby longer than LIMITS.standby
 */
export async function whileScripted<T>(elsewhere: AskElsewhere, script: Promise<T>): Promise<T> {
  let givenUp: Error | undefined;
  const holders = holdersOf(
    elsewhere,
    () => ({ application: SCRIPTER }),
    (reason) => (givenUp = reason),
  );
  try {
    return await whileWaitingFor(holders, script);
  } finally {
    if (isCancelled()) await elsewhere((client) => client.query(END, [SCRIPTER])).catch(() => {});
    // How the session ended is only a consequence of it.
    if (givenUp) throw givenUp;
  }
}
