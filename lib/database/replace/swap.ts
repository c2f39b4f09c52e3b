import type { Client } from 'pg';
import { messageOf } from '../../errors.ts';
import type { StackRun } from '../../run/run.ts';
import { whileUnfinished } from '../../system/unfinished.ts';
import { nameNow, newName } from './names.ts';
import type { Hand } from '../asserted.ts';
import type { DatabaseAttributes } from '../attributes.ts';
import { build, markOfNew, type Copied, type Fill } from './build.ts';
import { dropLeftCages } from './cage.ts';
import type { Occasion } from './close.ts';
import { makeSureConfirmed } from './confirmed.ts';
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
import { checkShown, handOf, ownAttributes, type Shown } from '../identity.ts';
import { checkRunLock } from '../run-lock.ts';
import { withMarker } from '../../stack/postgres/marker.ts';
import { endedBy } from '../../errors.ts';
import { withRollback } from './with-rollback.ts';
import { behindWall } from '../wall.ts';
import { removeOutdated, sizeOf } from './remove-outdated.ts';
import { whyNotKept } from './undo-limits.ts';

interface Replacement {
  /** For the message of the next run if this one is killed: "a reset of 14:03 was interrupted". */
  readonly what: 'reset' | 'restore' | 'load' | 'rebuild';
  /** The database that the new one is a copy of; by default it is empty. */
  readonly copied?: Copied | undefined;
  /** One of ours that is the new database already, closed and with all attributes: nothing is built. */
  readonly ready?: Marked | undefined;
  /** Whether the old database is kept; by default as the registry says. */
  readonly keeps?: boolean;
  /** Fills the staging database. */
  readonly fill?: Fill;
  /**
   * The attributes of the new database, if they differ from those of the old one.
   *
   * @param client of the maintenance database
   */
  readonly attributes?: (client: Client, old: DatabaseAttributes) => Promise<DatabaseAttributes>;
  /** Creates what needs the database's final name, after the swap. If it fails, the old database is kept. */
  readonly complete?: () => Promise<void>;
}

interface Replaced {
  /** The name of the old database if it is kept. */
  readonly kept: string | undefined;
}

/**
 * Replaces the environment's database by a new one with the same attributes: creates a staging database, fills it,
 * swaps the two. Until then the old one is in use; afterwards it is kept as the registry's `undo` says, or dropped.
 *
 * @throws RefusedError · FailedError · CancelledError: the message says which database is in use
 */
export async function replaceDatabase(
  run: Shown,
  { what, copied, ready, keeps, fill, attributes: wanted, complete = () => Promise.resolve() }: Replacement,
): Promise<Replaced> {
  const { stack, environment } = run;
  const { name } = stack.database;
  const occasion: Occasion = { what, since: new Date() };
  let keep = keeps ?? false;
  let out = '';
  const filled = behindWall(run, fill);
  let oid = '';
  let newOid = '';
  let incomplete: { readonly error: unknown } | undefined;
  const started = performance.now();
  const whole = await withRollback(run, async (client, progress) => {
    const hand = await handOf(run, client);
    await settle(run, hand);
    const old = await ownAttributes(run, client);
    checkShown(run, hand, old);
    const size = await sizeOf(client, name);
    keep = keeps ?? whyNotKept(environment.entry, size) === undefined;
    out = outgoing(name, occasion, keep, false).name;
    const next = { ...((await wanted?.(client, old)) ?? old), name };
    progress.oid = oid = old.oid;
    if (!run.actor.dryRun) stack.fullDisk?.prepare();
    if (ready) progress.newOid = ready.oid;
    const left = (): string =>
      `${nameNow(newName(name))}, half made, which the next ${what} removes (the old database ${name} is in use, unchanged)`;
    if (!ready)
      await whileUnfinished(left, () => build(run, hand, next, occasion, progress, { fill: filled, copied }));
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
    if (incomplete) return;
    await finish(run, hand, { oid, newOid }, keep, out);
    await removeOutdated(run, hand);
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
  if (!whole) await finishAnew(run, { oid, newOid }, keep, out);
  makeSureConfirmed(
    run,
    `the new database ${name} is in use, and the old one is ${keep ? `kept as ${out}` : 'gone'}`,
  );
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
