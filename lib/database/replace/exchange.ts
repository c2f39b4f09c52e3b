import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import { LIMITS } from '../../system/limits.ts';
import type { StackRun } from '../../run/run.ts';
import { whileUnfinished } from '../../system/unfinished.ts';
import { closeToApplications, type Occasion } from './close.ts';
import { formerName, keptName, writeMark, type Mark } from './names.ts';
import { type DatabaseAttributes } from '../attributes.ts';
import { quoteName } from '../../sql/quote.ts';
import { change, type Hand } from '../asserted.ts';
import { findLeftovers, reopen } from './leftovers.ts';
import { checkReplaceable } from './obstacles.ts';
import { isHeldUp } from '../maintenance.ts';
import { commentStatement } from '../marker.ts';

/** The database that becomes the environment's database, and what it only gets in the swap. */
interface Newcomer {
  readonly name: string;
  readonly oid: string;
  /** Its comment until the swap. */
  readonly was: string | null;
  readonly connectionLimit: number;
  readonly isTemplate: boolean;
  readonly comment: string | null;
}

/**
 * The name and the mark of the old database after the swap.
 *
 * @param keep whether it is kept (protected environment) or dropped
 */
export function outgoing(
  name: string,
  { what, since }: Occasion,
  keep: boolean,
  template: boolean,
): { name: string; mark: Mark } {
  const mark = { of: name, what, since: since.toISOString(), template };
  return keep
    ? { name: keptName(name, since), mark: { ...mark, kind: 'kept' } }
    : { name: formerName(name), mark: { ...mark, kind: 'former' } };
}

/** Seconds between two attempts. Applications can connect meanwhile. */
const PAUSE = 3;

/**
 * Tries the swap until nobody blocks it. CREATE DATABASE … TEMPLATE with the old database blocks it, for example, or an
 * open transaction with ALTER DATABASE. Tries for as long as the preparation took, at least LIMITS.exchange: if the
 * swap fails, that work is lost.
 *
 * @param took milliseconds that the preparation took
 * @returns the old database's new name
 * @throws the last error once the time is over; RefusedError if a person has to remove an obstacle
 */
export async function exchangeInTime(took: number, ...all: Parameters<typeof exchange>): Promise<string> {
  const [{ terminal, signal }, hand, { name }] = all;
  const deadline = performance.now() + Math.max(LIMITS.exchange.seconds * 1000, took);
  for (;;) {
    try {
      return await exchange(...all);
    } catch (error) {
      if (!isHeldUp(error) || signal.aborted || performance.now() > deadline) throw error;
      await reopen(await findLeftovers(hand.client, name), hand);
      // Some obstacles do not end by themselves, for example a prepared transaction: a person has to remove them.
      await checkReplaceable(all[0]);
      const left = Math.round((deadline - performance.now()) / 1000);
      terminal.progress(`${name} is held up (${messageOf(error)}); tried again for ${left} s`);
      await sleep(PAUSE * 1000, undefined, { signal }).catch(() => {});
      signal.throwIfAborted();
    }
  }
}

/**
 * Puts a prepared database in the place of the old one: closes the old one, ends its sessions, renames both in one
 * transaction. Clients that connect meanwhile are refused; they never reach any other database than these two.
 *
 * @returns the old database's new name
 */
async function exchange(
  run: StackRun,
  hand: Hand,
  old: DatabaseAttributes & { readonly name: string },
  newcomer: Newcomer,
  occasion: Occasion,
  keep: boolean,
): Promise<string> {
  const { environment, signal, command } = run;
  const { name } = old;
  const { systemIdentifier } = hand;
  const is = { name, oid: old.oid, systemIdentifier };
  const out = outgoing(name, occasion, keep, old.isTemplate);
  const opens = command('up', { ENV: environment.name });
  signal.throwIfAborted();
  await whileUnfinished(
    `database ${name} closed to applications (${opens} opens it)`,
    async () => {
      const comment = await closeToApplications(run, hand, old, occasion);
      signal.throwIfAborted();
      const outComment = writeMark(old.comment, out.mark);
      await change(
        hand,
        {
          before: [
            { ...is, comment },
            { name: newcomer.name, oid: newcomer.oid, systemIdentifier, comment: newcomer.was },
          ],
          after: [
            { ...is, name: out.name, comment: outComment },
            { name, oid: newcomer.oid, systemIdentifier, comment: newcomer.comment },
          ],
        },
        ...swapStatements(old, newcomer, out.name, outComment),
      );
    },
    { closed: true },
  );
  return out.name;
}

function swapStatements(
  { name, isTemplate }: DatabaseAttributes & { readonly name: string },
  newcomer: Newcomer,
  outName: string,
  outComment: string,
): string[] {
  const database = quoteName(name);
  return [
    `ALTER DATABASE ${database} RENAME TO ${quoteName(outName)}`,
    `ALTER DATABASE ${quoteName(newcomer.name)} RENAME TO ${database}`,
    `ALTER DATABASE ${database} ALLOW_CONNECTIONS true CONNECTION LIMIT ${newcomer.connectionLimit} IS_TEMPLATE ${newcomer.isTemplate}`,
    commentStatement(name, newcomer.comment),
    // A template cannot be dropped.
    ...(isTemplate ? [`ALTER DATABASE ${quoteName(outName)} IS_TEMPLATE false`] : []),
    commentStatement(outName, outComment),
  ];
}
