import { RefusedError } from '../../errors.ts';
import type { DestructiveRun } from '../../run/run.ts';
import { INVALID, isGoneName, readMark } from './names.ts';
import { OtherDatabaseError } from '../asserted.ts';
import { readAttributes } from '../attributes.ts';
import type { Occasion } from './close.ts';
import { makeSureConfirmed } from './confirmed.ts';
import { exchangeInTime, outgoing } from './exchange.ts';
import { checkShown, handOf } from '../identity.ts';
import { lookForLeftovers } from './interrupted.ts';
import { describeLeftovers, findLeftovers, reopen, type Leftovers, type Marked } from './leftovers.ts';
import { withRollback } from './with-rollback.ts';
import { chosen, describe, reportKept, type NameRun } from './kept.ts';
import type { Giving } from '../../parameters/parameter.ts';

/** The OID of the database that was shown. No other database is brought back. */
let shown: string | undefined;

/** The old database to bring back. A database whose DROP was interrupted cannot be brought back. */
function toBringBack(run: NameRun, leftovers: Leftovers): Marked {
  const [row] = chosen(run, leftovers).filter(
    ({ connectionLimit, name }) => connectionLimit !== INVALID && !isGoneName(name),
  );
  if (row) return row;
  throw new RefusedError('the old database cannot be brought back: its removal had begun', {
    hint: `what can be restored: ${run.command('backups', { ENV: run.environment.name })}`,
  });
}

/** Shows which database will be brought back, before the countdown. @throws RefusedError if there is none */
export async function checkUndo(run: DestructiveRun<Giving<{ NAME: string | undefined }>>): Promise<void> {
  const row = toBringBack(run, await lookForLeftovers(run));
  run.terminal.info(`to be brought back: ${describe(row)}`);
  shown = row.oid;
}

const otherThanShown = ({ name }: Marked): OtherDatabaseError =>
  new OtherDatabaseError(`${name} is not the old database that was shown; nothing was changed`, {
    hint: 'type this again, and look at what is shown',
  });

/** `db-undo-env`: swaps the kept database and the present one. The present one is kept, so an undo can be undone. */
export async function undo(run: DestructiveRun<Giving<{ NAME: string | undefined }>>): Promise<void> {
  const { stack, environment, actor, terminal } = run;
  const { name } = stack.database;
  const occasion: Occasion = { what: 'undo', since: new Date() };
  await withRollback(run, async (client, progress) => {
    const leftovers = await findLeftovers(client, name);
    const wanted = toBringBack(run, leftovers);
    if (wanted.oid !== shown) throw otherThanShown(wanted);
    describeLeftovers(name, leftovers).forEach(terminal.info);
    const hand = await handOf(run, client);
    await reopen(leftovers, hand);
    const attributes = await readAttributes(client, name);
    if (!attributes)
      throw new RefusedError(`there is no database ${name}`, {
        hint: run.command('up', { ENV: environment.name }),
      });
    checkShown(run, hand, attributes);
    progress.oid = attributes.oid;
    progress.newOid = wanted.oid;
    const { connectionLimit, mark, comment, oid } = wanted;
    const newcomer = {
      ...{ name: wanted.name, oid, was: comment, connectionLimit, isTemplate: mark.template === true },
      comment: readMark(comment).comment,
    };
    await exchangeInTime(0, run, hand, { ...attributes, name }, newcomer, occasion, true);
  });
  if (actor.dryRun) return;
  const out = outgoing(name, occasion, true, false).name;
  makeSureConfirmed(run, `database ${name} is again what it was before, and the other one is kept as ${out}`);
  terminal.ok(`${environment.name}: database ${name} is again what it was before`);
  reportKept(run, out);
}
