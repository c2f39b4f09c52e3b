import { linkSync, lstatSync, renameSync, unlinkSync, type Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { FailedError } from '../errors.ts';
import { isThere, kindOf } from './read-bounded.ts';
import { reasonOf, remedyOf } from './reason.ts';

/** A file as it was checked. Only this very file may be replaced later. */
export type Seen = Pick<Stats, 'dev' | 'ino' | 'size' | 'mtimeMs' | 'mode' | 'gid'>;

/** @param error of a system call */
export function cannotBeWritten(path: string, error: unknown): FailedError {
  const hint = remedyOf(error);
  const details = { cause: error, ...(hint === undefined ? {} : { hint }) };
  return new FailedError(`${path} cannot be written: ${reasonOf(error)}`, details);
}

/** @throws FailedError if the path has something else than the file that may be replaced */
export function mayStand(path: string, over: Seen | 'nothing' | undefined): void {
  const now = lstatSync(path, { throwIfNoEntry: false });
  const isNot = (why: string): FailedError => new FailedError(`${path} cannot be written: ${why}`);
  if (now?.isDirectory()) throw isNot('EISDIR, it is a folder');
  if (now && !now.isFile()) throw isNot(`it is ${kindOf(now)}`);
  if (over === undefined) return;
  if (over === 'nothing') {
    if (now) throw isNot('EEXIST, it exists by now');
  } else if (!now) {
    throw isNot('what stood there was removed meanwhile');
  } else if ((['dev', 'ino', 'size', 'mtimeMs'] as const).some((field) => now[field] !== over[field])) {
    throw isNot('what stood there was changed meanwhile');
  }
}

/** Gives a new file permissions that are not wider than those of the file that it replaces. */
export async function takeAfter(handle: FileHandle, { mode, gid }: Seen, asked: number): Promise<void> {
  const before = mode & 0o666;
  const own = await handle.stat();
  const group =
    own.gid === gid ||
    (await handle.chown(own.uid, gid).then(
      () => true,
      () => false,
    ));
  // A mode without rights for others means data in the file: then only narrow it. Else keep the mode that its owner
  // chose.
  const wanted = asked & 0o077 ? before : before & asked;
  await handle.chmod(group ? wanted : wanted & ~0o070);
}

/**
 * Moves a file to a free name, in one step. If the name is taken in that moment, the file there stays.
 *
 * @throws Error of the system with the code EEXIST
 */
export function putInFreePlace(from: string, to: string): void {
  // A rename of a folder can replace only an empty folder.
  if (lstatSync(from).isDirectory()) {
    if (isThere(to)) throw existing(to);
    return renameSync(from, to);
  }
  try {
    linkSync(from, to);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // Some file systems have no hard links.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) throw error;
    if (isThere(to)) throw existing(to);
    return renameSync(from, to);
  }
  unlinkSync(from);
}

const existing = (path: string): Error =>
  Object.assign(new Error(`EEXIST: ${path}`), { code: 'EEXIST', syscall: 'rename' });
