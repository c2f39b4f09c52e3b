import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { FailedError, RefusedError } from '../errors.ts';
import { whileWaiting } from '../output/waiting.ts';
import type { StackRun } from '../run/run.ts';
import { maintenanceDatabase } from '../stack/postgres/maintenance-database.ts';
import { holderOf, releaseLock } from '../system/lock.ts';
import { person } from '../system/person.ts';
import { UnreadableError } from '../system/read-bounded.ts';
import { lookAtFile, takeFileOf } from './lock-file.ts';
import { holdsLock, lastAlembic, nameSession, tryLock, type Busy } from './server-lock.ts';

/** Who holds the lock, for a person who finds it taken: `db-reset-db-env by taro@vm7 since 14:03:07`. */
const aboutRun = (task: string): string =>
  `${task} by ${person()}@${hostname()} since ${new Date().toTimeString().slice(0, 8)}`;

/** What a run does that finds the lock taken. */
export type Otherwise = 'refuse' | 'wait';

/** Milliseconds between two attempts to take the lock. */
const PAUSE = 200;
/** Milliseconds that the Alembic of a killed run gets to end, before a run that does not wait refuses. */
const LAST_ALEMBIC = 5_000;

/**
 * The locks that this process holds, by lock file, with the session that holds the server's lock. A step of a task that
 * holds the lock needs it again if the server was made anew in between.
 */
const held = new Map<string, Client | 'no session' | 'lost'>();

const fileOf = ({ root, environment }: Pick<StackRun, 'root' | 'environment'>): string =>
  join(root, 'journal', `.${environment.name}.lock`);

/** Whether the last run that held this clone's lock was killed: its lock file is left, and nobody holds it. */
export function wasKilled(run: Pick<StackRun, 'root' | 'environment'>): boolean {
  const file = fileOf(run);
  try {
    return existsSync(file) && holderOf(file) === undefined;
  } catch (error) {
    // Somebody may hold it.
    if (error instanceof UnreadableError) return false;
    throw error;
  }
}

/**
 * Checks that the server's lock is still held: it ended with its session, if that was lost while a person was reading.
 *
 * @throws RefusedError if it is not: another run may hold it by now
 */
export async function checkRunLock(run: StackRun): Promise<void> {
  if (held.size === 0) return;
  const client = held.get(fileOf(run));
  if (client === undefined || client === 'no session') return;
  if (client !== 'lost' && (await holdsLock(client, run.stack.database.name).catch(() => false))) return;
  throw new RefusedError(
    `refused; nothing was touched\nthe session that held the lock on ${run.environment.name} was lost, and another run may have it by now`,
    { hint: 'see what happened to the server, then type this again' },
  );
}

/**
 * Allows only one run at a time to destroy, change or migrate an environment's database. Takes two locks, and both end
 * with the process that holds them: a lock file, for this clone of the project; and for other clones and machines an
 * advisory lock on the server. If the server is stopped, a lock on the container engine takes the place of the advisory
 * lock. Then waits for the Alembic of a killed run, which may still be at work: its own sessions hold a third lock.
 *
 * @param readable whether makesafe can log in to the server
 * @param work is told whether the run has waited: then what it knew may be old
 * @throws RefusedError with the holder's name if the lock is taken and `otherwise` is `refuse`, or if the lock file
 *   cannot be used
 */
export async function withRunLock<T>(
  run: StackRun,
  { otherwise, readable = true }: { readonly otherwise: Otherwise; readonly readable?: boolean },
  work: (waited: boolean) => Promise<T>,
): Promise<T> {
  const { environment, actor, task } = run;
  const file = fileOf(run);
  if (actor.dryRun) {
    const busy = otherwise === 'refuse' ? lookAtFile(file) : undefined;
    if (busy) throw busyError(environment.name, busy);
    return work(false);
  }
  const about = aboutRun(task.name);
  const onServer = (waited: boolean): Promise<T> =>
    withServerLock(run, { file, otherwise, readable, about, waited }, work);
  if (held.has(file)) return onServer(false);
  const taken = await takeFile(run, file, otherwise, about);
  held.set(file, 'no session');
  try {
    return await onServer(taken === 'waited');
  } finally {
    held.delete(file);
    if (taken) releaseLock(file);
  }
}

/** @returns undefined if it cannot be taken, and the run goes on with the server's lock alone */
async function takeFile(
  run: StackRun,
  file: string,
  otherwise: Otherwise,
  about: string,
): Promise<'at once' | 'waited' | undefined> {
  try {
    return await until(run, otherwise, () => Promise.resolve(takeFileOf(file, about)));
  } catch (error) {
    // Who may not write in this clone may still migrate: the server's lock holds for all clones.
    if (otherwise === 'refuse' || !(error instanceof RefusedError)) throw error;
    run.terminal.warn(`only the server's lock is taken: ${error.message.split('\n').at(-1)!}`);
    return undefined;
  }
}

const busyError = (environment: string, { holder, remedy }: Busy): RefusedError =>
  new RefusedError(`refused; nothing was touched\nanother run is at work on ${environment}: ${holder}`, {
    hint: `wait until it has ended, then type this again${remedy}`,
  });

/**
 * Repeats the attempt until nobody is in the way. After two seconds the terminal says who is.
 *
 * @param patience milliseconds to wait even if the run does not wait
 */
async function until(
  { terminal, environment, signal }: StackRun,
  otherwise: Otherwise,
  attempt: () => Promise<Busy | undefined>,
  patience = 0,
): Promise<'at once' | 'waited'> {
  let busy = await attempt();
  if (!busy) return 'at once';
  const deadline = otherwise === 'wait' ? Infinity : performance.now() + patience;
  await whileWaiting(
    terminal,
    () => busy?.holder,
    async () => {
      while (busy) {
        if (performance.now() >= deadline) throw busyError(environment.name, busy);
        await sleep(PAUSE, undefined, { signal });
        busy = await attempt();
      }
    },
  );
  return 'waited';
}

interface ServerLock {
  readonly file: string;
  readonly otherwise: Otherwise;
  readonly readable: boolean;
  readonly about: string;
  /** Whether it has waited for the lock file. */
  readonly waited: boolean;
}

async function withServerLock<T>(
  run: StackRun,
  how: ServerLock,
  work: (waited: boolean) => Promise<T>,
): Promise<T> {
  const { stack } = run;
  const { name } = stack.database;
  if (typeof held.get(how.file) === 'object') return work(how.waited);
  let opened = false;
  const locked = async (client: Client): Promise<T> => {
    opened = true;
    await nameSession(client, how.about);
    const steps = [
      await until(run, how.otherwise, () => tryLock(client, name)),
      await until(run, how.otherwise, () => lastAlembic(client, name), LAST_ALEMBIC),
    ];
    const waited = how.waited || steps.includes('waited');
    return whileHeld(how.file, client, () => work(waited));
  };
  if (!how.readable) return withEngineLock(run, how, work);
  try {
    // An advisory lock belongs to one database: take it in the maintenance database, which is not replaced.
    return await stack.withClient(maintenanceDatabase(name), locked);
  } catch (error) {
    // A role that may not connect there can replace no database, and takes the lock in its own.
    if (opened || !(error instanceof FailedError)) throw error;
    return stack.withClient(name, locked);
  }
}

/** Runs `work` while the session of this client holds the server's lock. */
async function whileHeld<T>(file: string, client: Client, work: () => Promise<T>): Promise<T> {
  const set = (now: 'no session' | 'lost') => (): void =>
    void (held.get(file) === client && held.set(file, now));
  held.set(file, client);
  // A server that is removed takes the lock with it.
  client.once('end', set('lost'));
  try {
    return await work();
  } finally {
    set('no session')();
  }
}

async function withEngineLock<T>(
  run: StackRun,
  { otherwise, about, waited }: ServerLock,
  work: (waited: boolean) => Promise<T>,
): Promise<T> {
  let release: (() => Promise<void>) | undefined;
  const met = await until(run, otherwise, async () => {
    const lock = await run.stack.lock?.(about);
    if (lock && 'holder' in lock) return { holder: lock.holder, remedy: '' };
    release = lock?.release;
    return undefined;
  });
  try {
    return await work(waited || met === 'waited');
  } finally {
    await release?.();
  }
}
