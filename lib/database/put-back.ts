import type { Client } from 'pg';
import { CancelledError, FailedError, messageOf } from '../errors.ts';
import type { StackRun } from '../task.ts';
import { findLeftovers, removeLeftovers, reopen } from './leftovers.ts';
import { beside, besideOnceItAnswers, cancelOn } from './server-session.ts';

/** How far a change has come, for the case that it fails. */
export interface Progress {
  /** The database that is to go, once something has been touched. */
  oid?: string;
}

/**
 * Makes a change to the environment's database that ends in an exchange. Whatever goes wrong before the exchange (an
 * error, a lost connection, Ctrl-C), the old database is in use again afterwards, and the error says so.
 *
 * @throws CancelledError · FailedError
 */
export async function orPutBack(
  run: StackRun,
  change: (client: Client, progress: Progress) => Promise<void>,
): Promise<void> {
  const progress: Progress = {};
  let session: number | undefined;
  try {
    await beside(run, async (client) => {
      session = await backendPid(client);
      const stopCancelling = cancelOn(run, session);
      try {
        await change(client, progress);
      } finally {
        await stopCancelling();
      }
    });
  } catch (error) {
    // Nothing was touched.
    if (progress.oid === undefined) throw error;
    await putBack(run, error, progress.oid, session);
  }
}

/** @throws what went wrong; returns when the exchange turns out to have been made, its answer lost */
async function putBack(
  run: StackRun,
  error: unknown,
  oid: string,
  session: number | undefined,
): Promise<void> {
  const { stack, command, environment, signal } = run;
  const { name } = stack.database;
  let exchanged: boolean;
  try {
    exchanged = await besideOnceItAnswers(
      run,
      async (client) => {
        const leftovers = await findLeftovers(client, name);
        if (leftovers.present?.oid !== oid) return true;
        const execute = (sql: string): Promise<unknown> => client.query(sql);
        await reopen(leftovers, execute);
        await removeLeftovers(leftovers, execute);
        return false;
      },
      session,
    );
  } catch (second) {
    throw new FailedError(
      `${messageOf(error)}\nand the old database ${name} could not be put back: ${messageOf(second)}`,
      { cause: error, hint: `once the server answers: ${command('up', { ENV: environment.name })}` },
    );
  }
  if (exchanged) return;
  const state = `the old database ${name} is in use, unchanged`;
  if (signal.aborted && signal.reason instanceof CancelledError)
    throw new CancelledError(`cancelled; ${state}`, signal.reason.signal);
  throw new FailedError(`${messageOf(error)}\n${state}`, { cause: error });
}

async function backendPid(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]!.pid;
}
