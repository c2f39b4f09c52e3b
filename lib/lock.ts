import { linkSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isAlive, startOf } from './alive.ts';

/** Who holds a lock. */
export interface Holder {
  readonly pid: number;
  /** When that process began, as the system counts; tells it from a later one with the same id. */
  readonly started: string | undefined;
  readonly host: string;
  /** What the holder wants others to know. */
  readonly about: string;
}

/**
 * Takes a lock that dies with this process: a file that is there whole or not at all, and counts only as long as the
 * process that it names lives. On another machine (a shared folder) that cannot be seen, and the lock counts.
 *
 * @returns the holder, when it is somebody else
 */
export function takeLock(file: string, about = ''): Holder | undefined {
  mkdirSync(dirname(file), { recursive: true });
  const own = `${file}.${process.pid}`;
  const ourselves: Holder = { pid: process.pid, started: startOf(process.pid), host: hostname(), about };
  for (;;) {
    writeFileSync(own, JSON.stringify(ourselves));
    try {
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
    const writer = holderIn(textOf(litter));
    // One that is about to be written is empty, but its name says by whom.
    const lives = writer ? isHeld(writer) : isAlive(Number(/\.(\d+)$/.exec(name)?.[1] ?? NaN));
    if (!lives) rmSync(litter, { force: true });
  }
}

export const releaseLock = (file: string): void => rmSync(file, { force: true });

/** Who holds the lock, without taking it. */
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

const isHeld = ({ pid, started, host }: Holder): boolean =>
  host !== hostname() || (isAlive(pid) && (started === undefined || startOf(pid) === started));

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Undefined for what no lock of ours looks like. */
function holderIn(text: string | undefined): Holder | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Holder);
  } catch {
    return undefined;
  }
}
