import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  statSync,
  statfsSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { MakesafeError, RefusedError, messageOf } from '../../errors.ts';
import { isThere, kindOf, UnreadableError } from '../../system/read-bounded.ts';
import { reasonOf, remedyOf } from '../../system/reason.ts';

/** Opens the journal. Does not follow a symbolic link, and does not block on a named pipe. */
export function openJournal(file: string, more = 0): number {
  const { O_RDWR, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants;
  const descriptor = openSync(file, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | more, 0o600);
  const stats = fstatSync(descriptor);
  if (stats.isFile()) return descriptor;
  closeSync(descriptor);
  throw new UnreadableError(`it is ${kindOf(stats)}, not a file`);
}

/** Whether the last line has no line break. */
export function isCut(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  const last = Buffer.alloc(1);
  return size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
}

/** Free bytes that are required: more than the two lines of a run need. */
const ROOM = 64 << 10;

/**
 * Checks, before the person has to wait, that a line can be written. Creates nothing.
 *
 * @throws RefusedError with the reason
 */
export function checkJournal(file: string): void {
  try {
    if (isThere(file)) closeSync(openJournal(file));
    let folder = dirname(file);
    while (!isThere(folder)) folder = dirname(folder);
    if (!statSync(folder).isDirectory()) throw new UnreadableError(`${folder} is not a folder`);
    if (!isThere(file)) accessSync(folder, constants.W_OK | constants.X_OK);
    const { bfree, bavail, bsize, files, ffree } = statfsSync(folder);
    const free = (process.getuid?.() === 0 ? bfree : bavail) * bsize;
    // Some file systems create inodes on demand and report 0 of them.
    if (free < ROOM || (files > 0 && ffree === 0 && !isThere(file))) throw new UnreadableError(FULL);
  } catch (error) {
    throw unusable('written', file, error);
  }
}

const FULL = 'ENOSPC, the disk is full';

/** The refusal if the journal cannot be read or written. */
export function unusable(how: 'written' | 'read', file: string, error: unknown): RefusedError {
  const why = error instanceof MakesafeError ? messageOf(error) : reasonOf(error);
  const remedy =
    why === FULL ? 'make room on its disk (df -h, df -i)' : (remedyOf(error) ?? `look at it: ls -ld ${file}`);
  // The message of a failed read already names the file.
  return new RefusedError(`the journal cannot be ${how}: ${why.includes(file) ? why : `${why} (${file})`}`, {
    hint: `${remedy}; what cannot go on record is not done`,
    cause: error,
  });
}
