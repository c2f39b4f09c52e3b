import { linkSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isAlive, startOf } from './process-id.ts';
import { readBytesIfThere } from './read-bounded.ts';

/** Identifies a process, so that another one can find out whether it still runs. */
export interface Owner {
  readonly pid: number;
  /** Start time of the process, in the system's units. Tells it from a later process with the same id. */
  readonly started: string | undefined;
  readonly host: string;
}

export const thisProcess = (): Owner => ({
  ...{ pid: process.pid, started: startOf(process.pid), host: hostname() },
});

/** The process that holds a lock. */
export interface Holder extends Owner {
  /** A description for others to read. */
  readonly about: string;
}

/**
 * Takes a lock that ends with this process. The lock file appears complete or not at all, and counts only while the
 * process in it lives. A lock of another machine (in a shared folder) always counts, because its process cannot be
 * checked.
 *
 * @returns the holder if another process has the lock
 * @throws UnreadableError if something of this name is not a readable file: a folder, a pipe, another user's file
 * @throws Error of the system if the file cannot be written
 */
export function takeLock(file: string, about = ''): Holder | undefined {
  mkdirSync(dirname(file), { recursive: true });
  const own = `${file}.${process.pid}`;
  const ourselves: Holder = { ...thisProcess(), about };
  for (;;) {
    // A process that had the same id may have left this file. `wx` below never writes through a symbolic link.
    rmSync(own, { force: true });
    try {
      writeFileSync(own, JSON.stringify(ourselves), { flag: 'wx' });
      linkSync(own, file);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const found = textOf(file);
      const holder = holderIn(found);
      if (holder && isHeld(holder)) return holder;
      // Undefined if the lock was released in this moment.
      if (found !== undefined) removeStale(file, found);
    } finally {
      rmSync(own, { force: true });
    }
  }
  removeLitter(file);
  return undefined;
}

/** Removes temporary files of processes that were killed. Call it only while holding the lock. */
function removeLitter(file: string): void {
  for (const name of readdirSync(dirname(file))) {
    if (!name.startsWith(`${basename(file)}.`)) continue;
    const litter = join(dirname(file), name);
    let writer: Holder | undefined;
    try {
      writer = holderIn(textOf(litter));
    } catch {
      // Not a file of ours.
      continue;
    }
    // A file that is just being written is empty, but its name has the writer's process id.
    const lives = writer ? isHeld(writer) : isAlive(Number(/\.(\d+)$/.exec(name)?.[1] ?? NaN));
    if (!lives) rmSync(litter, { force: true });
  }
}

/** Releases the lock. If another process has taken it meanwhile, leaves that lock alone. */
export function releaseLock(file: string): void {
  const holder = holderIn(textOf(file));
  if (holder?.pid === process.pid && holder.host === hostname() && holder.started === startOf(process.pid))
    rmSync(file, { force: true });
}

/**
 * The process that holds the lock, if any. Does not take it.
 *
 * @throws UnreadableError
 */
export function holderOf(file: string): Holder | undefined {
  const holder = holderIn(textOf(file));
  return holder && isHeld(holder) ? holder : undefined;
}

/**
 * Removes the lock of a dead process, under a lock of its own. Without that, a process that is late would remove the
 * lock that another one has taken in the meantime.
 */
function removeStale(file: string, left: string): void {
  const holder = holderIn(left);
  const ownLock = `${file}.left-by-${holder?.pid ?? 'nobody'}-${holder?.started ?? ''}`;
  if (takeLock(ownLock) !== undefined) return;
  try {
    if (textOf(file) === left) rmSync(file, { force: true });
  } finally {
    releaseLock(ownLock);
  }
}

/** Whether a process may be alive. On another machine this is not known, so true. */
export const isHeld = ({ pid, started, host }: Owner): boolean =>
  host !== hostname() || (isAlive(pid) && (started === undefined || startOf(pid) === started));

/** Bytes: far more than any lock of makesafe has. */
const MOST = 64 << 10;

/** @throws UnreadableError: a lock that cannot be read may be held */
const textOf = (file: string): string | undefined => readBytesIfThere(file, { most: MOST })?.toString('utf8');

/** Undefined if the text is not a lock of makesafe: a crash may have cut it. */
function holderIn(text: string | undefined): Holder | undefined {
  try {
    const holder = text === undefined ? undefined : (JSON.parse(text) as Partial<Holder> | null);
    const { pid, started, host, about } = holder ?? {};
    const isHolder = Number.isInteger(pid) && typeof host === 'string' && typeof about === 'string';
    return isHolder && ['string', 'undefined'].includes(typeof started) ? (holder as Holder) : undefined;
  } catch {
    return undefined;
  }
}
