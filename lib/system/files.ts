import { once } from 'node:events';
import {
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  statSync,
  writeFileSync,
  type WriteStream,
} from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { basename, dirname, join, normalize, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { FailedError } from '../errors.ts';
import { cannotBeWritten, mayStand, putInFreePlace, takeAfter, type Seen } from './place.ts';
import { isThere } from './read-bounded.ts';
import { isSystemError } from './reason.ts';

/**
 * Writes a file completely or not at all: to a temporary file in the same folder, which is flushed to disk and then
 * renamed. Until then the old file stays. Never follows a symbolic link, and replaces only a regular file.
 *
 * @param fill writes the content; it may end the stream itself
 * @param mode permissions; 0600 for files with data in them
 * @param over the file to replace, which decides the permissions; `nothing` for a new file. Without it, any file of
 *   this name is replaced: only for files that nobody but makesafe writes
 * @throws FailedError naming the file and the reason
 */
export async function writeWhole(
  path: string,
  mode: number,
  fill: (output: WriteStream) => Promise<void> | void,
  over?: Seen | 'nothing',
): Promise<void> {
  const partial = join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
  let output: WriteStream | undefined;
  let made = false;
  try {
    await mkdir(dirname(path), { recursive: true });
    mayStand(path, over);
    await rm(partial, { force: true });
    // `wx` fails on an existing file or symbolic link.
    const handle = await open(partial, 'wx', mode);
    made = true;
    if (typeof over === 'object') await takeAfter(handle, over, mode);
    output = handle.createWriteStream({ flush: true });
    const written = finished(output);
    // Awaited below. This avoids an unhandled rejection if `fill` fails first.
    written.catch(() => {});
    await fill(output);
    // A successful pipeline destroys its stream, too.
    if (output.destroyed && !output.writableFinished)
      throw new FailedError(`${path} was not written to its end`);
    output.end();
    await written;
    mayStand(path, over);
    if (over === 'nothing') putInFreePlace(partial, path);
    else renameSync(partial, path);
    await flushFolder(dirname(path));
  } catch (error) {
    if (output && !output.closed) {
      const closed = once(output, 'close');
      output.destroy();
      await closed;
    }
    // Ignore a failed removal: the first error is the one to report.
    if (made) await rm(partial, { force: true }).catch(() => {});
    if (isSystemError(error)) throw cannotBeWritten(path, error);
    throw error;
  }
}

/**
 * Writes a small new file completely, for files that are made on first use, perhaps by several tasks at once.
 *
 * @returns false if the file exists by now; it then stays as it is
 * @throws FailedError naming the file and the reason
 */
export function writeNewSync(path: string, text: string, mode: number): boolean {
  const own = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    rmSync(own, { force: true });
    try {
      writeFileSync(own, text, { mode, flag: 'wx' });
      putInFreePlace(own, path);
      return true;
    } finally {
      rmSync(own, { force: true });
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && isThere(path)) return false;
    throw cannotBeWritten(path, error);
  }
}

/** Makes a symbolic link where there is nothing yet. @throws FailedError naming it and the reason */
export function writeLinkSync(path: string, target: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path);
  } catch (error) {
    throw cannotBeWritten(path, error);
  }
}

/** Removes a file that makesafe has written, if it is still there. */
export const removeFile = (path: string): void => rmSync(path, { force: true });

/** Flushes a folder: otherwise a power failure could undo a rename in it. */
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Whether one path is the same as the other or below it. Compares them as written, because they may be of another
 * machine, and with symbolic links resolved on this one.
 */
export function isNested(one: string, other: string): boolean {
  return [plainPath, followed].some((form) => {
    const [a, b] = [one, other].map((path) => `${form(path)}/`.replace('//', '/')) as [string, string];
    return a.startsWith(b) || b.startsWith(a);
  });
}

const plainPath = (path: string): string => normalize(path).replace(/(.)\/$/, '$1');

/**
 * Whether a path is a folder of this machine or below it. Resolves symbolic links, and finds a folder that is mounted
 * in a second place. The path need not exist.
 */
export function isBelow(path: string, folder: string): boolean {
  const within = (form: (path: string) => string): boolean =>
    `${form(path)}/`.startsWith(`${form(folder)}/`.replace('//', '/'));
  if (within(plainPath) || within(followed)) return true;
  const sought = fileId(folder);
  for (let at = followed(path); sought !== undefined; at = dirname(at)) {
    if (fileId(at) === sought) return true;
    if (at === dirname(at)) break;
  }
  return false;
}

function fileId(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}

/** The most symbolic links in one path: Linux has the same limit. */
const MOST_LINKS = 40;

/** The path with symbolic links resolved, as far as it exists and can be read. */
function followed(path: string, links = MOST_LINKS): string {
  const plain = plainPath(path);
  if (plain === dirname(plain)) return plain;
  const parent = followed(dirname(plain), links);
  const at = join(parent, basename(plain));
  const to = links > 0 ? linkTarget(at) : undefined;
  return to === undefined ? at : followed(resolve(parent, to), links - 1);
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
