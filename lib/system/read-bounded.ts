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

/** Bytes that a file which a person writes may have. The largest that were seen have a few hundred kilobytes. */
const TEXT_LIMIT = 4 << 20;

/** A file that is there and cannot be used. The message names it and says why. */
export class UnreadableError extends ConfigurationError {}

export interface Reading {
  /** Bytes that it may have at the most; `TEXT_LIMIT` by default. */
  readonly most?: number;
  /** How messages name it; the path by default. */
  readonly as?: string;
}

/**
 * What a path leads to is a regular file, or it says what it is: `a folder`, `a pipe`, `a link that leads nowhere`.
 * Whoever opens one of these waits for ever, or reads for ever.
 */
export function kindOf(stats: Stats): string {
  if (stats.isFile()) return 'a file';
  if (stats.isDirectory()) return 'a folder';
  if (stats.isSymbolicLink()) return 'a link';
  if (stats.isFIFO()) return 'a pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

/** @throws UnreadableError for what is no regular file */
function sizeOfRegular(file: string, as: string): number | undefined {
  try {
    const stats = statSync(file);
    if (stats.isFile()) return stats.size;
    throw new UnreadableError(`${as} is ${kindOf(stats)}, not a file`);
  } catch (error) {
    if (!isMissing(error)) throw asUnreadable(error, as);
    // A link that leads nowhere is not "no file": whoever made it meant something.
    if (isLink(file)) throw new UnreadableError(`${as} is a link that leads nowhere`, { cause: error });
    return undefined;
  }
}

/** Opens it without waiting for a pipe that somebody puts in its place in this moment. */
function withDescriptor<T>(file: string, as: string, work: (descriptor: number) => T): T | undefined {
  try {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return work(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    // Removed since.
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

/** Fills the buffer from a place in the file, or from where the last read ended. */
function fill(descriptor: number, buffer: Buffer, from: number | null): number {
  let filled = 0;
  for (let count = -1; count !== 0 && filled < buffer.length; filled += count) {
    const position = from === null ? null : from + filled;
    count = readSync(descriptor, buffer, filled, buffer.length - filled, position);
  }
  return filled;
}

/**
 * The bytes of a small file: never waits for a pipe, never reads a device, and never more than it may have.
 *
 * @returns undefined where there is none
 * @throws UnreadableError naming the file and the reason
 */
export function readBytesIfThere(
  file: string,
  { most = TEXT_LIMIT, as = file }: Reading = {},
): Buffer | undefined {
  if (sizeOfRegular(file, as) === undefined) return undefined;
  return withDescriptor(file, as, (descriptor) => {
    const { size } = fstatSync(descriptor);
    // What the kernel makes while it is read (/proc) says 0.
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
 * @returns undefined where there is none
 * @throws UnreadableError also for what is no text: with a place
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
 * The text of a small file that has to be there.
 *
 * @throws UnreadableError
 */
export function readText(file: string, reading: Reading = {}): string {
  const text = readTextIfThere(file, reading);
  if (text === undefined) throw new UnreadableError(`${reading.as ?? file}: no such file`);
  return text;
}

/**
 * The JSON in a small file; what it holds is for the caller to check.
 *
 * @returns undefined where there is no file
 * @throws UnreadableError also for what is no JSON
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
 * The first bytes of a file, however large it is; fewer where it is shorter.
 *
 * @throws UnreadableError also where there is none
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

/** The last bytes of a file, however large it is, from the first line that begins in them. */
interface Tail {
  readonly text: string;
  /** Bytes in front of it that were not read. */
  readonly skipped: number;
}

/**
 * The end of a file that grows: the lines in its last `most` bytes.
 *
 * @returns undefined where there is none
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

/** Something has this name: also a link that leads nowhere, which `existsSync` does not see. */
export function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}
