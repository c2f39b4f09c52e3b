import { linkSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isAlive, startOf } from './process-id.ts';
import { readBytesIfThere } from './read-bounded.ts';

/** A process, as another one can look whether it is still there. */
export interface Owner {
  readonly pid: number;
  /** When that process began, as the system counts; tells it from a later one with the same id. */
  readonly started: string | undefined;
  readonly host: string;
}

export const thisProcess = (): Owner => ({
  ...{ pid: process.pid, started: startOf(process.pid), host: hostname() },
});

/** Who holds a lock. */
export interface Holder extends Owner {
  /** What the holder wants others to know. */
  readonly about: string;
}

/**
 * Takes a lock that dies with this process: a file that is there whole or not at all, and counts only as long as the
 * process that it names lives. On another machine (a shared folder) that cannot be seen, and the lock counts.
 *
 * @returns the holder, when it is somebody else
 * @throws UnreadableError for what has the lock's name and cannot be read: a folder, a pipe, a file of somebody else
 * @throws Error of the system when it cannot be written
 */
export function takeLock(file: string, about = ''): Holder | undefined {
  mkdirSync(dirname(file), { recursive: true });
  const own = `${file}.${process.pid}`;
  const ourselves: Holder = { ...thisProcess(), about };
  for (;;) {
    // Left by a process that had our number; never a link of somebody's to another file.
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
      // Undefined where it was released in this moment.
      if (found !== undefined) removeStale(file, found);
    } finally {
      rmSync(own, { force: true });
    }
  }
  removeLitter(file);
  return undefined;
}

/** What others wrote beside the lock, and were killed before they could remove it. For the holder of the lock only. */
function removeLitter(file: string): void {
  for (const name of readdirSync(dirname(file))) {
    if (!name.startsWith(`${basename(file)}.`)) continue;
    const litter = join(dirname(file), name);
    let writer: Holder | undefined;
    try {
      writer = holderIn(textOf(litter));
    } catch {
      // Not of our making.
      continue;
    }
    // One that is about to be written is empty, but its name says by whom.
    const lives = writer ? isHeld(writer) : isAlive(Number(/\.(\d+)$/.exec(name)?.[1] ?? NaN));
    if (!lives) rmSync(litter, { force: true });
  }
}

/** Lets go of it; where somebody has removed it meanwhile, and another has taken it, that is left alone. */
export function releaseLock(file: string): void {
  const holder = holderIn(textOf(file));
  if (holder?.pid === process.pid && holder.host === hostname() && holder.started === startOf(process.pid))
    rmSync(file, { force: true });
}

/**
 * Who holds the lock, without taking it.
 *
 * @throws UnreadableError
 */
export function holderOf(file: string): Holder | undefined {
  const holder = holderIn(textOf(file));
  return holder && isHeld(holder) ? holder : undefined;
}

/**
 * One at a time removes what a certain holder has left: whoever found it a moment ago would otherwise remove the lock of
 * the one who has taken it since.
 */
function removeStale(file: string, left: string): void {
  const holder = holderIn(left);
  const claim = `${file}.left-by-${holder?.pid ?? 'nobody'}-${holder?.started ?? ''}`;
  if (takeLock(claim) !== undefined) return;
  try {
    if (textOf(file) === left) rmSync(file, { force: true });
  } finally {
    releaseLock(claim);
  }
}

/** Whether a process may be there: on another machine that cannot be seen. */
export const isHeld = ({ pid, started, host }: Owner): boolean =>
  host !== hostname() || (isAlive(pid) && (started === undefined || startOf(pid) === started));

/** More than any lock of ours has. */
const MOST = 64 << 10;

/** @throws UnreadableError: one that cannot be read may be held */
const textOf = (file: string): string | undefined => readBytesIfThere(file, { most: MOST })?.toString('utf8');

/** Undefined for what no lock of ours looks like: a crash may have cut it. */
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
