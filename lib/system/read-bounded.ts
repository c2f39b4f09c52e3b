import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  statSync,
  type Stats,
} from 'node:fs';
import { ConfigurationError } from '../errors.ts';
import { byteSize } from '../output/display.ts';
import { isMissing, reasonOf, remedyOf } from './reason.ts';

/** Maximum size in bytes of files that people write. The largest that we have seen have a few hundred kilobytes. */
const TEXT_LIMIT = 4 << 20;

/** A file that exists but cannot be used. The message names it and says why. */
export class UnreadableError extends ConfigurationError {}

export interface Reading {
  /** Maximum size in bytes; `TEXT_LIMIT` by default. */
  readonly most?: number;
  /** The name for messages; by default the path. */
  readonly as?: string;
}

/** What the path is, for messages: `a folder`, `a pipe`. Only regular files are read: a pipe may block for ever. */
export function kindOf(stats: Stats): string {
  if (stats.isFile()) return 'a file';
  if (stats.isDirectory()) return 'a folder';
  if (stats.isSymbolicLink()) return 'a link';
  if (stats.isFIFO()) return 'a pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

/** @throws UnreadableError if it is not a regular file */
function sizeOfRegular(file: string, as: string): number | undefined {
  try {
    const stats = statSync(file);
    if (stats.isFile()) return stats.size;
    throw new UnreadableError(`${as} is ${kindOf(stats)}, not a file`);
  } catch (error) {
    if (!isMissing(error)) throw asUnreadable(error, as);
    // A broken symbolic link is reported as such, and not as "no such file".
    if (isLink(file)) throw new UnreadableError(`${as} is a link that leads nowhere`, { cause: error });
    return undefined;
  }
}

/** Opens a file. Does not block if it was replaced by a pipe in the meantime. */
function withDescriptor<T>(file: string, as: string, work: (descriptor: number) => T): T | undefined {
  try {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return work(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    // The file was removed in the meantime.
    if (isMissing(error)) return undefined;
    throw asUnreadable(error, as);
  }
}

function asUnreadable(error: unknown, as: string): UnreadableError {
  if (error instanceof UnreadableError) return error;
  const hint = remedyOf(error);
  const details = { cause: error, ...(hint === undefined ? {} : { hint }) };
  return new UnreadableError(`${as} cannot be read: ${reasonOf(error)}`, details);
}

/** Fills the buffer from a position in the file, or from where the last read ended. */
function fill(descriptor: number, buffer: Buffer, from: number | null): number {
  let filled = 0;
  for (let count = -1; count !== 0 && filled < buffer.length; filled += count) {
    const position = from === null ? null : from + filled;
    count = readSync(descriptor, buffer, filled, buffer.length - filled, position);
  }
  return filled;
}

/**
 * The bytes of a small file. Never blocks on a pipe or device, and never reads more than the maximum.
 *
 * @returns undefined if there is no such file
 * @throws UnreadableError naming the file and the reason
 */
export function readBytesIfThere(
  file: string,
  { most = TEXT_LIMIT, as = file }: Reading = {},
): Buffer | undefined {
  if (sizeOfRegular(file, as) === undefined) return undefined;
  return withDescriptor(file, as, (descriptor) => {
    const { size } = fstatSync(descriptor);
    // Files in /proc report a size of 0.
    const buffer = Buffer.allocUnsafe(Math.min(size === 0 ? 64 << 10 : size, most) + 1);
    const filled = size > most ? size : fill(descriptor, buffer, null);
    if (filled > most) {
      const figures = `has ${byteSize(filled)}, and no more than ${byteSize(most)} of such a file are read`;
      throw new UnreadableError(`${as} ${figures}`, { hint: `look at what is in it: head -c 300 ${as}` });
    }
    return buffer.subarray(0, filled);
  });
}

/**
 * The text of a small file.
 *
 * @returns undefined if there is no such file
 * @throws UnreadableError, also if the file is not UTF-8 text
 */
export function readTextIfThere(file: string, reading: Reading = {}): string | undefined {
  const bytes = readBytesIfThere(file, reading);
  if (bytes === undefined) return undefined;
  const { as = file } = reading;
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    throw new UnreadableError(`${as} is UTF-16, and has to be UTF-8`, {
      hint: `iconv -f UTF-16 -t UTF-8 ${as}`,
    });
  const nul = bytes.indexOf(0);
  if (nul >= 0) {
    const line = bytes.subarray(0, nul).reduce((count, byte) => count + Number(byte === 0x0a), 1);
    throw new UnreadableError(`${as}:${line} is no text: there is a NUL in it`);
  }
  return bytes.toString('utf8');
}

/**
 * The text of a small file that must exist.
 *
 * @throws UnreadableError
 */
export function readText(file: string, reading: Reading = {}): string {
  const text = readTextIfThere(file, reading);
  if (text === undefined) throw new UnreadableError(`${reading.as ?? file}: no such file`);
  return text;
}

/**
 * The JSON in a small file. The caller has to check its form.
 *
 * @returns undefined if there is no such file
 * @throws UnreadableError, also if the file is not JSON
 */
export function readJsonIfThere(file: string, reading: Reading = {}): unknown {
  const text = readTextIfThere(file, reading);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = text.trim() === '' ? 'it is empty' : (error as Error).message;
    throw new UnreadableError(`${reading.as ?? file} is not JSON: ${why}`, { cause: error });
  }
}

/**
 * The first bytes of a file of any size; fewer if the file is shorter.
 *
 * @throws UnreadableError, also if there is no such file
 */
export function readHead(file: string, count: number, { as = file }: Reading = {}): Buffer {
  const bytes =
    sizeOfRegular(file, as) === undefined
      ? undefined
      : withDescriptor(file, as, (descriptor) => {
          const buffer = Buffer.alloc(count);
          return buffer.subarray(0, fill(descriptor, buffer, 0));
        });
  if (bytes === undefined) throw new UnreadableError(`${as}: no such file`);
  return bytes;
}

/** The end of a file, starting with a whole line. */
interface Tail {
  readonly text: string;
  /** The number of bytes before it. */
  readonly skipped: number;
}

/**
 * The whole lines in the last `most` bytes of a file.
 *
 * @returns undefined if there is no such file
 * @throws UnreadableError
 */
export function readTailIfThere(
  file: string,
  { most = TEXT_LIMIT, as = file }: Reading = {},
): Tail | undefined {
  if (sizeOfRegular(file, as) === undefined) return undefined;
  return withDescriptor(file, as, (descriptor) => {
    const start = Math.max(0, fstatSync(descriptor).size - most);
    const buffer = Buffer.allocUnsafe(most);
    const bytes = buffer.subarray(0, fill(descriptor, buffer, start));
    const first = start === 0 ? 0 : bytes.indexOf(0x0a) + 1;
    return { text: bytes.toString('utf8', first), skipped: start + first };
  });
}

/** Whether a path exists. Unlike `existsSync`, also true for a broken symbolic link. */
export function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** Whether nothing is at a path. Without the permission to look, something may be. */
export function isGone(path: string): boolean {
  try {
    lstatSync(path);
    return false;
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code!);
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}
