import type { Client } from 'pg';
import {
  CancelledError,
  MakesafeError,
  RefusedError,
  UnreachableError,
  asKnown,
  messageOf,
} from '../../errors.ts';
import type { Actor } from '../../output/actor.ts';
import type { StackRun } from '../../run/run.ts';
import { OtherDatabaseError } from '../asserted.ts';
import { handOf } from '../identity.ts';
import { findLeftovers, removeLeftovers, reopen } from './leftovers.ts';
import { nameNow, newName } from './names.ts';
import { hasEverClosed } from '../../system/unfinished.ts';
import { withMaintenanceSession, withMaintenanceSessionOnceItAnswers, cancelOn } from '../maintenance.ts';
import { endedBy, isLost } from '../../errors.ts';

/** How far a change has come; needed if it fails. */
export interface Progress {
  /** The OID of the old database, set before the first change. */
  oid?: string;
  /** The OID of the staging database, set once it exists. */
  newOid?: string;
  /** Whether the staging database is dropped in the end, and never replaces the old one. */
  readonly isForNow?: boolean;
}

/**
 * Makes a change to the environment's database that ends with a swap. If anything fails before the swap (an error, a
 * lost connection, Ctrl-C), the old database is in use again afterwards, and the error says so.
 *
 * @returns whether the change ended by itself; false if the swap has succeeded, and then the session was lost, or another
 *   server became the primary
 * @param isForNow whether nothing is swapped: the staging database is dropped in any case
 * @throws CancelledError · FailedError · OtherDatabaseError; errors before the first change are thrown as they are
 */
export async function withRollback(
  run: StackRun,
  change: (client: Client, progress: Progress) => Promise<void>,
  isForNow = false,
): Promise<boolean> {
  const progress: Progress = { isForNow };
  let session: number | undefined;
  try {
    await withMaintenanceSession(run, async (client) => {
      session = await backendPid(client);
      const stopCancelling = cancelOn(run, session);
      try {
        await change(client, progress);
      } finally {
        await stopCancelling();
      }
    });
    return true;
  } catch (error) {
    if (progress.oid === undefined) throw untouched(error, run.stack.database.name);
    await putBack(run, error, { ...progress, oid: progress.oid }, session);
    return false;
  }
}

/** The error for a change that has not begun. If the connection was lost, a person wants to know that. */
function untouched(error: unknown, name: string): unknown {
  const known = asKnown(error);
  if (!(known instanceof UnreachableError)) return error;
  const { message, hint } = known;
  return new UnreachableError(`${message}\n${name} was not touched`, { cause: error, ...(hint && { hint }) });
}

/**
 * @throws the original error, with the state of the database. Returns if the swap did succeed and only the answer was
 * lost
 */
async function putBack(
  run: StackRun,
  thrown: unknown,
  { oid, newOid, isForNow = false }: Progress & { readonly oid: string },
  session: number | undefined,
): Promise<void> {
  const { stack, command, environment, signal } = run;
  const { name } = stack.database;
  const error = asKnown(thrown);
  let exchanged: boolean;
  /** Why what was half made is still there. */
  let left: string | undefined;
  let ended: unknown = error;
  let isOpen = false;
  try {
    exchanged = await withMaintenanceSessionOnceItAnswers(
      run,
      async (client) => {
        const leftovers = await findLeftovers(client, name);
        if (newOid !== undefined && leftovers.present?.oid === newOid) return true;
        const hand = { ...(await handOf(run, client)), actor: ALWAYS };
        // If the name belongs to another database by now, that one is not ours to open.
        if (leftovers.present?.oid === oid) {
          await reopen(leftovers, hand);
          isOpen = true;
        }
        // The old database is in use even if the staging database cannot be dropped.
        await removeLeftovers(leftovers, hand).catch((failed: unknown) => {
          // If the connection is lost again or cut, `withMaintenanceSessionOnceItAnswers` retries.
          if (isLost(failed) || failed instanceof CancelledError) throw failed;
          left = messageOf(failed);
        });
        if (leftovers.present?.oid !== oid) throw otherNow(name);
        return false;
      },
      session,
    );
  } catch (second) {
    if (second instanceof OtherDatabaseError) throw second;
    // What Ctrl-C has ended on the same server does not close it again.
    if (hasEverClosed() && !(isOpen && second instanceof CancelledError))
      throw endedBy(
        second,
        `${messageOf(error)}\nand the old database ${name} could not be put back: ${messageOf(second)}`,
        `once the server answers: ${command('up', { ENV: environment.name })}`,
      );
    exchanged = false;
    left = messageOf(second);
    ended = isLost(second) ? second : error;
  }
  if (exchanged) return;
  const state =
    (isForNow ? `${name} was not touched` : `the old database ${name} is in use, unchanged`) +
    (left === undefined
      ? ''
      : `\nleft behind: ${nameNow(newName(name))}, half made, which the next reset or restore removes`);
  if (signal.aborted && signal.reason instanceof CancelledError)
    throw new CancelledError(`cancelled; ${state}`, signal.reason.signal);
  if (error instanceof OtherDatabaseError)
    throw new OtherDatabaseError(`${error.message}\n${state}`, { cause: error });
  const hint = error instanceof MakesafeError ? error.hint : undefined;
  const message = `${messageOf(error)}\n${state}${left === undefined ? '' : `: ${left}`}`;
  if (error instanceof RefusedError)
    throw new RefusedError(message, { cause: error, ...(hint === undefined ? {} : { hint }) });
  throw endedBy(ended, message, hint ?? (isLost(ended) ? AGAIN : undefined));
}

const AGAIN = 'see what happened to the server, then type this again';

/** An actor that never dry-runs: it undoes real changes. */
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
