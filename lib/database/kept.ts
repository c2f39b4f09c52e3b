import { FailedError, RefusedError } from '../errors.ts';
import type { DestructiveRun, StackRun } from '../task.ts';
import { readMark } from './aside.ts';
import { quoteName, readAttributes } from './attributes.ts';
import { exchange, type Occasion } from './exchange.ts';
import { describeLeftovers, drop, findLeftovers, localTime, reopen, type Marked } from './leftovers.ts';
import { orPutBack } from './put-back.ts';
import { beside } from './server-session.ts';

/** Says where the old database is, and what brings it back or removes it. */
export function reportKept(run: StackRun, kept: string): void {
  run.terminal.info(`the old database is kept as ${kept}, closed to applications`);
  run.terminal.next(`${line(run, 'db-undo-env')}, which brings it back`);
  run.terminal.next(`${line(run, 'db-drop-old-env')}, which removes it`);
}

const line = ({ command, environment }: StackRun, task: string): string =>
  command(task, { ENV: environment.name, ...(environment.entry.protected ? { FORCE: '1' } : {}) });

/** Databases that are kept for the environment's own, the latest first. */
const findKept = (run: StackRun): Promise<readonly Marked[]> =>
  beside(run, async (client) => (await findLeftovers(client, run.stack.database.name)).kept);

/** Those that NAME means: one, or all. */
async function chosen(run: StackRun): Promise<readonly Marked[]> {
  const { stack, environment, values } = run;
  const all = await findKept(run);
  if (all.length === 0)
    throw new RefusedError(`${environment.name}: no old database of ${stack.database.name} is kept`);
  const named = values['NAME'] as string | undefined;
  const found = named === undefined ? all : all.filter(({ name }) => name === named);
  if (found.length > 0) return found;
  throw new RefusedError(`${named} is not an old database of ${stack.database.name}`, {
    hint: `NAME=<one of ${all.map(({ name }) => name).join(', ')}>`,
  });
}

const describe = ({ name, mark }: Marked): string =>
  `${name}, from before a ${mark.what} of ${localTime(mark.since)}`;

/** Names what will be removed, before anyone waits. @throws RefusedError when there is none */
export async function checkKept(run: DestructiveRun): Promise<void> {
  for (const row of await chosen(run)) run.terminal.info(`to be removed: ${describe(row)}`);
}

/** `db-drop-old-env`: removes old databases that a reset or restore kept. */
export async function dropKept(run: DestructiveRun): Promise<void> {
  const { actor, terminal, environment } = run;
  const rows = await chosen(run);
  await beside(run, async (client) => {
    for (const row of rows) {
      run.signal.throwIfAborted();
      await drop(row, (sql) => actor.act(`${sql};`, () => client.query(sql)));
      if (!actor.dryRun) terminal.ok(`${environment.name}: ${row.name} is gone`);
    }
  });
}

/** Names the two that will change places. @throws RefusedError when none is kept */
export async function checkUndo(run: DestructiveRun): Promise<void> {
  const [latest] = await chosen(run);
  run.terminal.info(`to be brought back: ${describe(latest!)}`);
}

/**
 * `db-undo-env`: the kept database and the present one change places. The present one is kept in turn, so an undo can
 * be undone.
 */
export async function undo(run: DestructiveRun): Promise<void> {
  const { stack, environment, actor, terminal } = run;
  const { name } = stack.database;
  const [wanted] = await chosen(run);
  const occasion: Occasion = { what: 'undo', since: new Date() };
  let out = '';
  await orPutBack(run, async (client, progress) => {
    const leftovers = await findLeftovers(client, name);
    describeLeftovers(name, leftovers).forEach(terminal.info);
    await reopen(leftovers, (sql) => actor.act(`${sql};`, () => client.query(sql)));
    const attributes = await readAttributes(client, name);
    if (!attributes) throw new FailedError(`there is no database ${quoteName(name)}`);
    progress.oid = attributes.oid;
    const newcomer = {
      ...{ name: wanted!.name, connectionLimit: wanted!.connectionLimit },
      ...{ isTemplate: wanted!.mark.template === true, comment: readMark(wanted!.comment).comment },
    };
    out = await exchange(run, client, { ...attributes, name }, newcomer, occasion, true);
  });
  if (actor.dryRun) return;
  terminal.ok(`${environment.name}: database ${name} is again what it was before the ${wanted!.mark.what}`);
  reportKept(run, out);
}
