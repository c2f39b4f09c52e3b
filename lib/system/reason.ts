import { userInfo } from 'node:os';
import { MakesafeError, messageOf } from '../errors.ts';

interface Reason {
  /** Completes "<file> cannot be written: …". */
  readonly why: string;
  /** What the person can do, if the reason does not say it. */
  readonly remedy?: string;
}

/**
 * What the error of a system call means for the person.
 *
 * @see https://man7.org/linux/man-pages/man3/errno.3.html
 */
const REASONS: Readonly<Record<string, Reason>> = {
  ENOSPC: { why: 'the disk is full', remedy: 'make room on the disk (df -h, df -i), then type this again' },
  EDQUOT: { why: 'your quota on the disk is used up', remedy: 'make room (quota -s), then type this again' },
  EFBIG: { why: 'it is larger than this disk or your limit (ulimit -f) allows' },
  EROFS: { why: 'the file system is read-only', remedy: 'mount it writable, or name another folder' },
  EACCES: { why: 'permission denied', remedy: 'look at its owner and mode: ls -ld' },
  EPERM: {
    why: 'the system does not allow it',
    remedy: 'look at its owner and attributes: ls -ld, lsattr -d',
  },
  ENOENT: { why: 'no such file or folder' },
  ENOTDIR: { why: 'a part of the path is a file, not a folder' },
  EISDIR: { why: 'it is a folder' },
  ENOTEMPTY: { why: 'it is a folder that is not empty' },
  EEXIST: { why: 'it exists by now' },
  ELOOP: { why: 'links on the way lead in a circle, or it is a link itself' },
  ENAMETOOLONG: { why: 'the name is too long' },
  EMFILE: { why: 'too many files are open', remedy: 'raise the limit (ulimit -n), then type this again' },
  ENFILE: { why: 'too many files are open on this machine' },
  ENXIO: { why: 'it is a pipe or a device that nobody serves' },
  EBUSY: { why: 'the system uses it (a mount point?)' },
  ETXTBSY: { why: 'a program runs from it' },
  EXDEV: { why: 'it lies on another disk' },
  EIO: { why: 'the disk reports an error', remedy: 'look at the system log (dmesg) before anything else' },
  ESTALE: { why: 'the network folder is gone', remedy: 'mount it anew, then type this again' },
  ETIMEDOUT: { why: 'the network folder does not answer' },
  EINVAL: { why: 'the file system does not take it' },
  ENOMEM: { why: 'the machine is out of memory' },
};

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** Whether the error comes from a system call. */
export const isSystemError = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && typeof error.syscall === 'string';

/** Why a system call failed: `ENOSPC, the disk is full`. The code helps a person to search the web or ask others. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  const reason = code === undefined ? undefined : REASONS[code];
  if (reason === undefined) return messageOf(error);
  const who = code === 'EACCES' || code === 'EPERM' ? ` for ${accountName()}` : '';
  return `${code}, ${reason.why}${who}`;
}

/** What to do about an error; undefined if the reason says it all. */
export function remedyOf(error: unknown): string | undefined {
  if (error instanceof MakesafeError) return error.hint;
  const code = codeOf(error);
  return code === undefined ? undefined : REASONS[code]?.remedy;
}

/** Whether the error says that a file or folder does not exist. */
export const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '');

/** A user id without an account has only a number. */
function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? '?'}`;
  }
}
