import { setTimeout as sleep } from 'node:timers/promises';
import { describeInvalid, readInvalidIndexes } from '../database/invalid-indexes.ts';
import { describeRevisions, readRevisions } from '../database/revisions.ts';
import type { EnvironmentEntry } from '../environment/entry.ts';
import { FailedError } from '../errors.ts';
import { counted } from '../output/display.ts';
import type { StackRun } from '../run/run.ts';
import { describeCourse, type FailureReport } from '../stack/alembic/failure-report.ts';
import type { GaveWay } from '../stack/alembic/give-way.ts';
import type { AlembicResult } from '../stack/alembic/run-alembic.ts';
import { describeSession, ender } from '../stack/postgres/lock-wait.ts';

/** Seconds that other sessions may wait for a migration, if the registry does not say. */
const USUAL = 2;

/** Seconds that other sessions may wait for a migration; undefined: no limit. */
export function othersWait(entry: Pick<EnvironmentEntry, 'protected' | 'othersWait'>): number | undefined {
  if (entry.othersWait === false) return undefined;
  return entry.othersWait ?? (entry.protected ? USUAL : undefined);
}

/** How often a migration is begun before it gives up. */
const TRIES = 5;

/** What to do with a migration that was stopped because others waited for it. */
export type Decision =
  /** Begin again after so many seconds. */
  | { readonly again: number }
  /** Why beginning again would not help, or would do harm; `tries`: it was begun often enough. */
  | { readonly because: 'tries' | 'own work' | 'counts already' | 'relative' | 'unknown' };

/** query_canceled and admin_shutdown: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const STOPPED = ['57014', '57P01'];

/**
 * Whether to begin a stopped migration again. Each pause is twice as long as the one before.
 *
 * @param count how often it was begun
 * @param limit seconds that others may wait
 * @param target the revision, as it was given to Alembic
 */
export function decide(
  count: number,
  limit: number,
  { behind }: Pick<GaveWay, 'behind'>,
  failure: Pick<FailureReport, 'revision' | 'done' | 'autocommit' | 'transactional' | 'block'> | undefined,
  target: string,
): Decision {
  // An env.py that caught the error: only it knows what it did then.
  if (!failure) return { because: 'unknown' };
  if (failure.autocommit === true || failure.transactional === false || failure.block)
    return { because: 'counts already' };
  if (behind.length === 0) return { because: 'own work' };
  // One step further from the revision that was reached would be too far.
  if (failure.done.length > 0 && /[+-]\d+$/.test(target)) return { because: 'relative' };
  if (count >= TRIES) return { because: 'tries' };
  return { again: limit * 2 ** (count - 1) };
}

/**
 * Runs a migration that gives way: if it was stopped because others waited for it, waits and begins it again.
 *
 * @param attempt runs Alembic; its finished revisions stay
 * @param target the revision, as it is given to Alembic
 * @param again the command that continues
 * @throws FailedError saying who was in the way, if it gives up
 */
export async function givingWay(
  run: StackRun,
  attempt: () => Promise<AlembicResult>,
  target: string,
  again: string,
): Promise<AlembicResult> {
  const { terminal, signal, environment } = run;
  for (let count = 1; ; count++) {
    const result = await attempt();
    const { gaveWay = [], powerless } = result.others ?? {};
    if (powerless !== undefined)
      terminal.warn(`others waited for the migration, and makesafe could not stop it: ${powerless}`);
    const met = gaveWay.at(-1);
    if (result.status === 0 || result.difference || !met || !wasStopped(result.failure)) return result;
    const decision = decide(count, othersWait(environment.entry)!, met, result.failure, target);
    if ('because' in decision) throw await gaveUp(run, result, met, count, decision.because, again);
    terminal.warn(
      `${nameOf(result.failure)} gave way: ${describeWaiters(met)}, ${describeWay(met)}; once more in ${decision.again} s (${count + 1} of ${TRIES})`,
    );
    await sleep(decision.again * 1000, undefined, { signal });
  }
}

/** Whether the server stopped it. Of a lost connection nothing is known but that. */
const wasStopped = (failure: FailureReport | undefined): boolean =>
  failure?.words?.state == null || STOPPED.includes(failure.words.state);

const nameOf = (failure: FailureReport | undefined): string =>
  failure?.revision == null ? 'the migration' : `revision ${failure.revision}`;

/** `37 sessions had waited 2.1 s for it` */
const describeWaiters = ({ waiters, seconds }: GaveWay): string =>
  `${counted(waiters, 'session')} had waited ${seconds.toFixed(1)} s for it`;

const describeWay = ({ behind, own }: GaveWay): string =>
  behind.length === 0
    ? `and nobody was in its way: ${describeSession(own)}`
    : `and it waited for ${behind.map(describeSession).join(' and ')}`;

/** The error for a migration that is not begun again: who was in the way, what is in the database, what to type. */
async function gaveUp(
  { stack, environment }: StackRun,
  { failure, status }: AlembicResult,
  met: GaveWay,
  count: number,
  because: Extract<Decision, { because: string }>['because'],
  again: string,
): Promise<FailedError> {
  const { name } = stack.database;
  const [at, invalid] = await Promise.all([
    stack.withClient(name, readRevisions).catch(() => undefined),
    stack.withClient(name, readInvalidIndexes).catch(() => []),
  ]);
  const times = count === 1 ? '' : ` ${count} times`;
  const where = at ? describeRevisions(at) : 'cannot be read';
  const ends = met.behind.filter(({ pid }) => pid !== 0).map(({ pid }) => ender(pid));
  const hint = {
    tries: `${ends.join('; ')} ends what was in the way; then: ${again}`,
    'own work': `do it in smaller steps, or let others wait longer: othersWait of ${environment.name} in env/environments.ts; then: ${again}`,
    'counts already': `see what it has done already, and finish or undo that; then: ${again}`,
    relative: `name the revision instead of a number of steps, then: ${again}`,
    unknown: `see what env.py does with an error, then: ${again}`,
  }[because];
  const rows = failure ? describeCourse(failure, at) : [];
  return new FailedError(
    [
      `${nameOf(failure)} gave way${times} and is not applied; ${name} ${where}`,
      `${describeWaiters(met)}, ${describeWay(met)}`,
      ...rows.map(([label, text]) => `${label.padEnd(10)} ${text}`),
      ...describeInvalid(invalid),
    ].join('\n'),
    { status, hint: ends.length === 0 && because === 'tries' ? again : hint },
  );
}
