import { FailedError, UnclearPrimaryError, UnreachableError, messageOf } from '../../errors.ts';
import type { StackRun } from '../../run/run.ts';
import { whileUnfinished } from '../../system/unfinished.ts';
import { OtherDatabaseError, type Hand } from '../asserted.ts';
import { endedBy } from '../../errors.ts';
import { handOf } from '../identity.ts';
import { drop, dropStatement, findLeftovers, removeLeftovers, reopen } from './leftovers.ts';
import { nameNow } from './names.ts';
import { withMaintenanceSessionOnceItAnswers } from '../maintenance.ts';

/** The OIDs of the old and the new database. */
interface Exchanged {
  readonly oid: string;
  readonly newOid: string;
}

/** The database was exchanged on a server that is the primary no more, and the one that is has not got the exchange. */
class LostExchangeError extends UnreachableError {
  constructor(name: string) {
    super(
      `another server became the primary before it had the exchange: the old database ${name} is in use, unchanged`,
      { hint: 'see what happens to the cluster, then type this again' },
    );
  }
}

/**
 * After the swap: drops the old database, unless it is kept, and checks the result.
 *
 * @throws OtherDatabaseError if the name belongs to a third database by now
 * @throws FailedError if the swap has not happened, or the kept database is missing
 */
export async function finish(
  { stack, actor }: StackRun,
  hand: Hand,
  { oid, newOid }: Exchanged,
  keep: boolean,
  out: string,
): Promise<void> {
  const { name } = stack.database;
  const left = (): string => `the old database, as ${nameNow(out)} (the new database ${name} is in use)`;
  await whileUnfinished(left, async () => {
    if (actor.dryRun) return keep ? undefined : actor.act(`${dropStatement(out)};`, () => Promise.resolve());
    const leftovers = await findLeftovers(hand.client, name);
    const { present, former, kept } = leftovers;
    if (present && present.oid !== oid && present.oid !== newOid)
      throw new OtherDatabaseError(`database ${name} is by now another one than the new one`);
    if (!present) throw new FailedError(`there is no database ${name}`);
    if (present.oid === oid) {
      // It was closed before the exchange, and the new primary has got that.
      await reopen(leftovers, hand);
      await removeLeftovers({ ...leftovers, former: undefined }, hand);
      throw new LostExchangeError(name);
    }
    if (keep && !kept.some((row) => row.oid === oid)) throw new FailedError(`${out} is not there`);
    if (former) await drop(former, hand);
  });
}

/**
 * `finish` in a new session, after the first one was lost or cancelled.
 *
 * @throws FailedError if the old database remains
 */
export async function finishAnew(
  run: StackRun,
  exchanged: Exchanged,
  keep: boolean,
  out: string,
): Promise<void> {
  try {
    await withMaintenanceSessionOnceItAnswers(run, async (client) =>
      finish(run, await handOf(run, client), exchanged, keep, out),
    );
  } catch (error) {
    if (error instanceof LostExchangeError) throw error;
    if (error instanceof UnclearPrimaryError)
      throw new UnreachableError(
        `${run.stack.database.name} was exchanged, and the cluster does not agree on its primary: once it does, either the new database is in use, or the old one, unchanged\n${messageOf(error)}`,
        { cause: error, hint: run.command('check', { ENV: run.environment.name }) },
      );
    throw endedBy(
      error,
      `the new ${run.stack.database.name} is in use, but the old one is still there as ${nameNow(out)}, until the next run removes it: ${messageOf(error)}`,
    );
  }
}
