import { RefusedError } from '../../errors.ts';
import type { DestructiveRun, StackRun } from '../../run/run.ts';
import { INVALID, isGoneName, readMark } from './aside.ts';
import { OtherDatabaseError } from '../asserted.ts';
import { readAttributes } from '../attributes.ts';
import { exchangeInTime, outgoing, type Occasion } from './exchange.ts';
import { checkShown, handOf } from '../identity.ts';
import { lookForLeftovers } from './interrupted.ts';
import {
  describeLeftovers,
  drop,
  findLeftovers,
  localTime,
  reopen,
  type Leftovers,
  type Marked,
} from './leftovers.ts';
import { orPutBack } from './put-back.ts';
import { beside } from '../maintenance.ts';

/** Says where the old database is, and what brings it back or removes it. */
export function reportKept({ terminal, command, environment }: StackRun, kept: string): void {
  const { name, entry } = environment;
  const line = (task: string): string =>
    command(task, { ENV: name, ...(entry.protected ? { FORCE: '1' } : {}) });
  terminal.info(`the old database is kept as ${kept}, closed to applications`);
  terminal.info(`to bring it back: ${line('db-undo-env')}`);
  terminal.info(`to remove it:     ${line('db-drop-old-env')}`);
}

/** The old databases that NAME means: one, or all, the latest first. */
function chosen(
  { stack, environment, values, command }: StackRun,
  { former, kept }: Leftovers,
): readonly Marked[] {
  const all = [...(former ? [former] : []), ...kept];
  if (all.length === 0)
    throw new RefusedError(`${environment.name}: no old database of ${stack.database.name} is kept`, {
      hint: `what can be restored: ${command('backups', { ENV: environment.name })}`,
    });
  const named = values['NAME'] as string | undefined;
  const found = named === undefined ? all : all.filter(({ name }) => name === named);
  if (found.length > 0) return found;
  throw new RefusedError(`${named} is not an old database of ${stack.database.name}`, {
    hint: `NAME=<one of ${all.map(({ name }) => name).join(', ')}>`,
  });
}

const describe = ({ name, mark }: Marked): string =>
  `${name}, from before a ${mark.what} of ${localTime(mark.since)}`;

/** The OIDs of what was named on the screen: nothing else is touched, whatever is there by then. */
let shown: readonly string[] = [];

/** Names what will be removed, before anyone waits. @throws RefusedError when there is none */
export async function checkKept(run: DestructiveRun): Promise<void> {
  const rows = chosen(run, await lookForLeftovers(run));
  for (const row of rows) run.terminal.info(`to be removed: ${describe(row)}`);
  shown = rows.map(({ oid }) => oid);
}

/** `db-drop-old-env`: removes old databases that a reset or restore kept, or could not remove. */
export async function dropKept(run: DestructiveRun): Promise<void> {
  const { actor, terminal, environment, stack, signal } = run;
  await beside(run, async (client) => {
    const hand = await handOf(run, client);
    for (const row of chosen(run, await findLeftovers(client, stack.database.name))) {
      signal.throwIfAborted();
      if (!shown.includes(row.oid)) {
        terminal.warn(`${row.name} was not there when you were asked: it stays`);
        continue;
      }
      await drop(row, hand);
      if (!actor.dryRun) terminal.ok(`${environment.name}: ${row.name} is gone`);
    }
  });
}

/** The one to bring back. One whose removal was interrupted is lost. */
function toBringBack(run: StackRun, leftovers: Leftovers): Marked {
  const [row] = chosen(run, leftovers).filter(
    ({ connectionLimit, name }) => connectionLimit !== INVALID && !isGoneName(name),
  );
  if (row) return row;
  throw new RefusedError('the old database cannot be brought back: its removal had begun', {
    hint: `what can be restored: ${run.command('backups', { ENV: run.environment.name })}`,
  });
}

/** Names the one that will be brought back. @throws RefusedError when there is none */
export async function checkUndo(run: DestructiveRun): Promise<void> {
  const row = toBringBack(run, await lookForLeftovers(run));
  run.terminal.info(`to be brought back: ${describe(row)}`);
  shown = [row.oid];
}

const otherThanShown = ({ name }: Marked): OtherDatabaseError =>
  new OtherDatabaseError(`${name} is not the old database that was shown; nothing was changed`, {
    hint: 'type this again, and look at what is shown',
  });

/**
 * `db-undo-env`: the kept database and the present one change places. The present one is kept in turn, so an undo can
 * be undone.
 */
export async function undo(run: DestructiveRun): Promise<void> {
  const { stack, environment, actor, terminal } = run;
  const { name } = stack.database;
  const occasion: Occasion = { what: 'undo', since: new Date() };
  await orPutBack(run, async (client, progress) => {
    const leftovers = await findLeftovers(client, name);
    const wanted = toBringBack(run, leftovers);
    if (!shown.includes(wanted.oid)) throw otherThanShown(wanted);
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
  terminal.ok(`${environment.name}: database ${name} is again what it was before`);
  reportKept(run, outgoing(name, occasion, true, false).name);
}
