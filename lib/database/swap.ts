import type { Client } from 'pg';
import { CancelledError, FailedError, messageOf } from '../errors.ts';
import type { StackRun } from '../task.ts';
import { whileUnfinished } from '../unfinished.ts';
import { CREATED_BY_US, newName, writeMark } from './aside.ts';
import {
  createStatement,
  privilegeStatements,
  readAttributes,
  settingStatements,
  type DatabaseAttributes,
} from './attributes.ts';
import { quoteName } from './quote.ts';
import { dropLeftCages } from './restore/cage.ts';
import { exchange, outgoing, type Occasion } from './exchange.ts';
import {
  commentStatement,
  describeLeftovers,
  drop,
  dropStatement,
  findLeftovers,
  refuseForeign,
  removeLeftovers,
  reopen,
} from './leftovers.ts';
import { withMarker } from './marker.ts';
import { orPutBack } from './put-back.ts';
import { besideOnceItAnswers, endSessions } from './server-session.ts';

export interface Replacement {
  /** For what the next run says when this one is killed: "a reset of 14:03 was interrupted". */
  readonly what: 'reset' | 'restore';
  /**
   * Fills the new database, whose name it is given with a client beside it. Superusers and its owner are let in meanwhile;
   * no application knows the name. In a dry run it is called as well, to print its plan.
   */
  readonly fill?: (aside: string, client: Client) => Promise<void>;
}

export interface Replaced {
  /** The name of the old database where it is kept: on a protected environment. */
  readonly kept: string | undefined;
}

/**
 * Replaces the environment's database by a new one with the same attributes: built aside, filled, swapped in. The old
 * one is in use until then, and dropped afterwards, or kept on a protected environment.
 *
 * @throws RefusedError · FailedError · CancelledError, which say in what state things are
 */
export async function replaceDatabase(run: StackRun, { what, fill }: Replacement): Promise<Replaced> {
  const { stack, environment, signal } = run;
  const { name } = stack.database;
  const keep = environment.entry.protected === true;
  const occasion: Occasion = { what, since: new Date() };
  const out = outgoing(name, occasion, keep, false).name;
  let oid = '';
  let finished = false;
  await orPutBack(run, async (client, progress) => {
    await settle(run, client);
    const attributes = await readAttributes(client, name);
    if (!attributes) throw new FailedError(`there is no database ${name}`);
    const old = { ...attributes, name };
    progress.oid = oid = old.oid;
    if (!run.actor.dryRun) stack.fullDisk?.prepare();
    await whileUnfinished(`${newName(name)}, half made, which the next ${what} removes`, () =>
      build(run, client, old, occasion, fill),
    );
    const { connectionLimit, isTemplate } = old;
    const comment = withMarker(old.comment, environment.name);
    await exchange(
      run,
      client,
      old,
      { name: newName(name), connectionLimit, isTemplate, comment },
      occasion,
      keep,
    );
    await finish(run, client, oid, keep, out);
    finished = true;
  });
  // The exchange was made, and its session lost or its last statement cancelled.
  if (!finished) await finishAnew(run, oid, keep, out);
  if (signal.aborted && signal.reason instanceof CancelledError) {
    const place = keep ? `kept as ${out}` : 'gone';
    throw new CancelledError(
      `cancelled too late: the new database ${name} is in use, and the old one is ${place}`,
      signal.reason.signal,
    );
  }
  return { kept: keep ? out : undefined };
}

/** Repairs what a killed run left, and says what it was. */
async function settle({ stack, terminal, actor }: StackRun, client: Client): Promise<void> {
  const { name } = stack.database;
  const leftovers = await findLeftovers(client, name);
  refuseForeign(leftovers);
  describeLeftovers(name, leftovers).forEach(terminal.info);
  const execute = (sql: string): Promise<unknown> => actor.act(`${sql};`, () => client.query(sql));
  await reopen(leftovers, execute);
  await removeLeftovers(leftovers, execute);
  if (!actor.dryRun) await dropLeftCages(client, name);
}

async function build(
  run: StackRun,
  client: Client,
  old: DatabaseAttributes & { readonly name: string },
  { what, since }: Occasion,
  fill: Replacement['fill'],
): Promise<void> {
  const { actor, signal } = run;
  const execute = (sql: string): Promise<unknown> => {
    signal.throwIfAborted();
    return actor.act(`${sql};`, () => client.query(sql));
  };
  const next = newName(old.name);
  await execute(createStatement(old, next, CREATED_BY_US));
  const mark = { kind: 'new', of: old.name, what, since: since.toISOString() } as const;
  await execute(commentStatement(next, writeMark(null, mark)));
  // Before it is filled, as pg_restore --create does it: what is filled in may rely on them.
  for (const statement of settingStatements(old, next)) await execute(statement);
  if (fill) {
    for (const statement of admitOurselves(next)) await execute(statement);
    await fill(next, client);
    await execute(`ALTER DATABASE ${quoteName(next)} ALLOW_CONNECTIONS false`);
    if (!actor.dryRun) await endSessions(client, next, signal);
    // As it is for a database that nobody has set privileges for.
    if (old.privileges === null)
      await execute(`GRANT CONNECT, TEMPORARY ON DATABASE ${quoteName(next)} TO PUBLIC`);
  }
  for (const statement of privilegeStatements(old, next)) await execute(statement);
}

/** Nobody but us, and the role that the restore runs as, is let in: a connection limit would keep that one out. */
function admitOurselves(next: string): string[] {
  const database = quoteName(next);
  return [
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC`,
    `ALTER DATABASE ${database} ALLOW_CONNECTIONS true`,
  ];
}

/** After the swap: drops the old database, unless it is kept, and makes sure of it. */
async function finish(
  { stack, actor }: StackRun,
  client: Client,
  oid: string,
  keep: boolean,
  out: string,
): Promise<void> {
  const { name } = stack.database;
  const execute = (sql: string): Promise<unknown> => actor.act(`${sql};`, () => client.query(sql));
  await whileUnfinished(`the old database, as ${out}`, async () => {
    if (actor.dryRun) return keep ? undefined : execute(dropStatement(out));
    const { present, former, kept } = await findLeftovers(client, name);
    if (!present || present.oid === oid) throw new FailedError(`the old database ${name} still exists`);
    if (keep && !kept.some((row) => row.oid === oid)) throw new FailedError(`${out} is not there`);
    if (former) await drop(former, execute);
  });
}

async function finishAnew(run: StackRun, oid: string, keep: boolean, out: string): Promise<void> {
  try {
    await besideOnceItAnswers(run, (client) => finish(run, client, oid, keep, out));
  } catch (error) {
    throw new FailedError(
      `the new ${run.stack.database.name} is in use, but the old one is still there as ${out}, until the next run removes it: ${messageOf(error)}`,
      { cause: error },
    );
  }
}
