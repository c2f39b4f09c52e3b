import type { Client } from 'pg';
import { CancelledError, messageOf } from '../../errors.ts';
import type { StackRun } from '../../run/run.ts';
import { whileUnfinished } from '../../system/unfinished.ts';
import { CREATED_BY_US, newName, writeMark } from './names.ts';
import { OtherDatabaseError, assertKnown, change, type Hand, type Known } from '../asserted.ts';
import {
  createStatement,
  privilegeStatements,
  settingStatements,
  type DatabaseAttributes,
} from '../attributes.ts';
import { quoteName } from '../../sql/quote.ts';
import { dropLeftCages } from './cage.ts';
import type { Occasion } from './close.ts';
import { exchangeInTime, outgoing } from './exchange.ts';
import {
  describeLeftovers,
  findLeftovers,
  refuseForeign,
  removeLeftovers,
  reopen,
  type Marked,
} from './leftovers.ts';
import { finish, finishAnew } from './finish.ts';
import { checkShown, handOf, isStillPrimary, ownAttributes, type Shown } from '../identity.ts';
import { commentStatement } from '../marker.ts';
import { checkRunLock } from '../run-lock.ts';
import { withMarker } from '../../stack/postgres/marker.ts';
import { endedBy } from '../once-it-answers.ts';
import { withRollback, type Progress } from './with-rollback.ts';
import { endSessions } from '../maintenance.ts';

interface Replacement {
  /** For the message of the next run if this one is killed: "a reset of 14:03 was interrupted". */
  readonly what: 'reset' | 'restore' | 'load' | 'rebuild';
  /** The database that the new one is a copy of; by default it is empty. */
  readonly copied?: Copied | undefined;
  /** One of ours that is the new database already, closed and with all attributes: nothing is built. */
  readonly ready?: Marked | undefined;
  /** Whether the old database is kept also where the environment is not protected. */
  readonly keeps?: boolean;
  /**
   * Fills the staging database. Gets its name, and a client of the maintenance database. Meanwhile only superusers, its
   * owner and the restore's own role can connect. A dry run also calls it, to print the plan.
   */
  readonly fill?: (staging: string, client: Client) => Promise<void>;
  /**
   * The attributes of the new database, if they differ from those of the old one.
   *
   * @param client of the maintenance database
   */
  readonly attributes?: (client: Client, old: DatabaseAttributes) => Promise<DatabaseAttributes>;
  /** Creates what needs the database's final name, after the swap. If it fails, the old database is kept. */
  readonly complete?: () => Promise<void>;
}

/** A database that is copied, as it must still be when it is. */
export interface Copied extends Known {
  /** See `CopiedDatabase`. */
  readonly asFiles: boolean;
}

interface Replaced {
  /** The name of the old database if it is kept. */
  readonly kept: string | undefined;
}

/**
 * Replaces the environment's database by a new one with the same attributes: creates a staging database, fills it,
 * swaps the two. Until then the old one is in use; afterwards it is dropped, or kept on a protected environment.
 *
 * @throws RefusedError · FailedError · CancelledError: the message says which database is in use
 */
export async function replaceDatabase(
  run: Shown,
  {
    what,
    copied,
    ready,
    keeps = false,
    fill,
    attributes: wanted,
    complete = () => Promise.resolve(),
  }: Replacement,
): Promise<Replaced> {
  const { stack, environment, signal } = run;
  const { name } = stack.database;
  const keep = keeps || Boolean(environment.entry.protected);
  const occasion: Occasion = { what, since: new Date() };
  const out = outgoing(name, occasion, keep, false).name;
  let oid = '';
  let newOid = '';
  let finished = false;
  let timeline: number | null = null;
  let incomplete: { readonly error: unknown } | undefined;
  const started = performance.now();
  await withRollback(run, async (client, progress) => {
    const hand = await handOf(run, client);
    await settle(run, hand);
    const old = await ownAttributes(run, client);
    checkShown(run, hand, old);
    timeline = hand.timeline;
    const next = { ...((await wanted?.(client, old)) ?? old), name };
    progress.oid = oid = old.oid;
    if (!run.actor.dryRun) stack.fullDisk?.prepare();
    if (ready) progress.newOid = ready.oid;
    const left = `${newName(name)}, half made, which the next ${what} removes (the old database ${name} is in use, unchanged)`;
    if (!ready)
      await whileUnfinished(left, () => build(run, hand, next, occasion, progress, { fill, copied }));
    newOid = progress.newOid ?? '';
    const { connectionLimit, isTemplate } = next;
    const comment = withMarker(next.comment, environment.name);
    // Building may have taken hours.
    if (!run.actor.dryRun) await stack.makeSureOfPrimary?.();
    await checkRunLock(run);
    await exchangeInTime(
      performance.now() - started,
      run,
      hand,
      old,
      {
        name: ready?.name ?? newName(name),
        oid: newOid,
        was: ready ? ready.comment : markOfNew(name, occasion),
        connectionLimit,
        isTemplate,
        comment,
      },
      occasion,
      keep,
    );
    await complete().catch((error: unknown) => (incomplete = { error }));
    if (!incomplete) await finish(run, hand, { oid, newOid }, keep, out);
    finished = true;
  });
  if (incomplete) {
    const { error } = incomplete as { error: unknown };
    throw endedBy(
      error,
      `the new database ${name} is in use, and something is missing in it: ${messageOf(error)}\nthe old one is kept as ${out}`,
      run.command('db-undo-env', {
        ENV: environment.name,
        ...(environment.entry.protected ? { FORCE: '1' } : {}),
      }),
    );
  }
  // The swap succeeded, but then the session was lost or its last statement was cancelled; or it succeeded on a server
  // that is the primary no more.
  if (!finished || !(await isStillPrimary(run, timeline))) await finishAnew(run, { oid, newOid }, keep, out);
  if (signal.aborted && signal.reason instanceof CancelledError) {
    const place = keep ? `kept as ${out}` : 'gone';
    throw new CancelledError(
      `cancelled too late: the new database ${name} is in use, and the old one is ${place}`,
      signal.reason.signal,
    );
  }
  return { kept: keep ? out : undefined };
}

/**
 * Repairs what a killed run left, and tells the person what it was.
 *
 * @throws RefusedError if a database of somebody else has a name that is needed
 */
export async function settle({ stack, terminal, actor }: StackRun, hand: Hand): Promise<void> {
  const { client } = hand;
  const { name } = stack.database;
  const leftovers = await findLeftovers(client, name);
  refuseForeign(leftovers);
  describeLeftovers(name, leftovers).forEach(terminal.info);
  await reopen(leftovers, hand);
  await removeLeftovers(leftovers, hand);
  if (!actor.dryRun) await dropLeftCages(client, name);
}

/** Creates the staging database, empty or as a copy, marks it, fills it and closes it again. */
export async function build(
  run: StackRun,
  hand: Hand,
  old: DatabaseAttributes & { readonly name: string },
  occasion: Occasion,
  progress: Progress,
  { fill, copied }: { readonly fill?: Replacement['fill'] | undefined; readonly copied?: Copied | undefined },
): Promise<void> {
  const { actor, signal } = run;
  const { client, systemIdentifier } = hand;
  const next = newName(old.name);
  signal.throwIfAborted();
  const create = createStatement(old, next, CREATED_BY_US, copied);
  const isStill = async (): Promise<void> => copied && assertKnown(client, copied);
  await actor.act(`${create};`, async () => {
    await isStill();
    await client.query(create);
  });
  // From here on, the mark with this OID identifies the database as ours.
  const oid = actor.dryRun ? '' : await oidOfNew(client, next);
  progress.newOid = oid;
  // CREATE DATABASE takes only a name.
  if (!actor.dryRun) await isStill();
  const unmarked: Known = { name: next, oid, systemIdentifier, comment: null };
  const is: Known = { ...unmarked, comment: markOfNew(old.name, occasion) };
  const execute = (sql: string): Promise<void> => {
    signal.throwIfAborted();
    return change(hand, { before: [is], after: [is] }, sql);
  };
  await change(hand, { before: [unmarked], after: [is] }, commentStatement(next, is.comment!));
  // Before it is filled, as pg_restore --create does it: the contents may rely on these settings.
  for (const statement of settingStatements(old, next)) await execute(statement);
  if (fill) {
    for (const statement of admitOurselves(next)) await execute(statement);
    await fill(next, client);
    await execute(`ALTER DATABASE ${quoteName(next)} ALLOW_CONNECTIONS false`);
    if (!actor.dryRun) await endSessions(client, is, signal);
    // What PUBLIC may do in a database with default privileges; `admitOurselves` revoked it.
    if (old.privileges === null)
      await execute(`GRANT CONNECT, TEMPORARY ON DATABASE ${quoteName(next)} TO PUBLIC`);
  }
  for (const statement of privilegeStatements(old, next)) await execute(statement);
}

const markOfNew = (name: string, { what, since }: Occasion): string =>
  writeMark(null, { kind: 'new', of: name, what, since: since.toISOString() });

/** The OID of the database that we have just created: closed, without a comment, and with our connection limit. */
async function oidOfNew(client: Client, name: string): Promise<string> {
  const { rows } = await client.query<{ oid: string }>(
    `SELECT oid::text FROM pg_database WHERE datname = $1 AND datconnlimit = $2 AND NOT datallowconn
       AND shobj_description(oid, 'pg_database') IS NULL`,
    [name, CREATED_BY_US],
  );
  if (rows[0]) return rows[0].oid;
  throw new OtherDatabaseError(
    `database ${name} is not the one that was just made; nothing was changed in it`,
  );
}

/** Only we and the restore's role may connect. A connection limit would also keep that role out. */
function admitOurselves(next: string): string[] {
  const database = quoteName(next);
  return [
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC`,
    `ALTER DATABASE ${database} ALLOW_CONNECTIONS true`,
  ];
}
