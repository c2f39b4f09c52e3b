import { once } from 'node:events';
import {
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
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
 * Writes a file whole or not at all: beside its destination, flushed to disk, then put in its place. What stood there
 * before stays until then. Never follows a link, and replaces nothing but a regular file.
 *
 * @param fill writes the content; it may end the stream or leave that to this function
 * @param mode permissions; 0600 for files with data in them
 * @param over what stands there and is replaced, whose owner's choice of a mode stays; `nothing` for a new file. By
 *   default a file that only this tool writes, there or not
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
    // Neither follows a link that somebody has put there, nor writes to what is there.
    const handle = await open(partial, 'wx', mode);
    made = true;
    if (typeof over === 'object') await takeAfter(handle, over, mode);
    output = handle.createWriteStream({ flush: true });
    const written = finished(output);
    // Awaited below; a failure before that must not end the process.
    written.catch(() => {});
    await fill(output);
    // A stream that a pipeline has ended well is destroyed as well.
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
    // What went wrong first is what the person wants to hear of.
    if (made) await rm(partial, { force: true }).catch(() => {});
    if (isSystemError(error)) throw cannotBeWritten(path, error);
    throw error;
  }
}

/**
 * Writes a small new file whole: for what is made on first use, when several tasks may begin at once.
 *
 * @returns false where something of that name has come first, which stays
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

/** Without this, a power cut could undo a rename in it. */
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * One of the paths is the other, or is in it: as they are written, for they may be another machine's, or with the links
 * in them followed on this one.
 */
export function isNested(one: string, other: string): boolean {
  return [plainPath, followed].some((form) => {
    const [a, b] = [one, other].map((path) => `${form(path)}/`.replace('//', '/')) as [string, string];
    return a.startsWith(b) || b.startsWith(a);
  });
}

const plainPath = (path: string): string => normalize(path).replace(/(.)\/$/, '$1');

/**
 * Whether a path is a folder of this machine, or in it, wherever links lead, and also where the folder is mounted in a second
 * place. The path need not exist.
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

/** The most links on one path, as the kernel counts. */
const MOST_LINKS = 40;

/** The path with the links in it followed, as far as it exists and can be read. */
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
