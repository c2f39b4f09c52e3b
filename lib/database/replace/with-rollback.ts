import type { Client } from 'pg';
import { CancelledError, FailedError, messageOf } from '../../errors.ts';
import type { Actor } from '../../output/actor.ts';
import type { StackRun } from '../../run/run.ts';
import { OtherDatabaseError } from '../asserted.ts';
import { handOf } from '../identity.ts';
import { findLeftovers, removeLeftovers, reopen } from './leftovers.ts';
import { beside, besideOnceItAnswers, cancelOn, isLost } from '../maintenance.ts';

/** How far a change has come, for the case that it fails. */
export interface Progress {
  /** The database that is to go, once something has been touched. */
  oid?: string;
  /** The one that is to take its place, once it is there. */
  newOid?: string;
}

/**
 * Makes a change to the environment's database that ends in an exchange. Whatever goes wrong before the exchange (an
 * error, a lost connection, Ctrl-C), the old database is in use again afterwards, and the error says so.
 *
 * @throws CancelledError · FailedError
 */
export async function withRollback(
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
    await putBack(run, error, { ...progress, oid: progress.oid }, session);
  }
}

/** @throws what went wrong; returns when the exchange turns out to have been made, its answer lost */
async function putBack(
  run: StackRun,
  error: unknown,
  { oid, newOid }: Progress & { readonly oid: string },
  session: number | undefined,
): Promise<void> {
  const { stack, command, environment, signal } = run;
  const { name } = stack.database;
  let exchanged: boolean;
  let left: string | undefined;
  try {
    exchanged = await besideOnceItAnswers(
      run,
      async (client) => {
        const leftovers = await findLeftovers(client, name);
        if (newOid !== undefined && leftovers.present?.oid === newOid) return true;
        const hand = { ...(await handOf(run, client)), actor: ALWAYS };
        // Somebody else has given the name to another database: that one is not ours to open.
        if (leftovers.present?.oid === oid) await reopen(leftovers, hand);
        // The old one is in use whatever becomes of the half of a new one.
        await removeLeftovers(leftovers, hand).catch((failed: unknown) => {
          // A server that went away meanwhile is waited for, and then it is tried again.
          if (isLost(failed)) throw failed;
          left = messageOf(failed);
        });
        if (leftovers.present?.oid !== oid) throw otherNow(name);
        return false;
      },
      session,
    );
  } catch (second) {
    if (second instanceof OtherDatabaseError) throw second;
    throw new FailedError(
      `${messageOf(error)}\nand the old database ${name} could not be put back: ${messageOf(second)}`,
      { cause: error, hint: `once the server answers: ${command('up', { ENV: environment.name })}` },
    );
  }
  if (exchanged) return;
  const state =
    `the old database ${name} is in use, unchanged` +
    (left === undefined
      ? ''
      : `\nwhat was half made beside it is left to the next reset or restore: ${left}`);
  if (signal.aborted && signal.reason instanceof CancelledError)
    throw new CancelledError(`cancelled; ${state}`, signal.reason.signal);
  if (error instanceof OtherDatabaseError)
    throw new OtherDatabaseError(`${error.message}\n${state}`, { cause: error });
  throw new FailedError(`${messageOf(error)}\n${state}`, { cause: error });
}

/** Nothing of it is a plan: it takes back what was done. */
const ALWAYS: Actor = { dryRun: false, act: (_plan, action) => action() };

const otherNow = (name: string): OtherDatabaseError =>
  new OtherDatabaseError(
    `database ${name} is another one than was shown, or is gone; nothing was changed in it`,
    { hint: 'see what happens there, then type this again' },
  );

async function backendPid(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]!.pid;
}
