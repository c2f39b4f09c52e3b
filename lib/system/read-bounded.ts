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
import { byteSize } from '../display.ts';
import { isMissing, reasonOf, remedyOf } from './reason.ts';

/** Bytes that a file which a person writes may have. The largest that were seen have a few hundred kilobytes. */
export const TEXT_LIMIT = 4 << 20;

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
  try {
    const stats = statSync(file);
    if (!stats.isFile()) throw new UnreadableError(`${as} is ${kindOf(stats)}, not a file`);
    // Not to wait for a pipe that somebody puts in its place in this moment.
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const { size } = fstatSync(descriptor);
      // What the kernel makes while it is read (/proc) says 0.
      const room = Buffer.allocUnsafe(Math.min(size === 0 ? 64 << 10 : size, most) + 1);
      let filled = 0;
      for (let count = -1; count !== 0 && filled < room.length; filled += count)
        count = readSync(descriptor, room, filled, room.length - filled, null);
      if (size > most || filled > most)
        throw new UnreadableError(
          `${as} has ${byteSize(Math.max(size, filled))}, and no more than ${byteSize(most)} of such a file are read`,
          { hint: `look at what is in it: head -c 300 ${as}` },
        );
      return room.subarray(0, filled);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (error instanceof UnreadableError) throw error;
    if (isMissing(error)) {
      // A link that leads nowhere is not "no file": whoever made it meant something.
      if (!lstatSync(file, { throwIfNoEntry: false })) return undefined;
      throw new UnreadableError(`${as} is a link that leads nowhere`, { cause: error });
    }
    const hint = remedyOf(error);
    throw new UnreadableError(`${as} cannot be read: ${reasonOf(error)}`, {
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    });
  }
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

/** The last bytes of a file, however large it is, from the first line that begins in them. */
export interface Tail {
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
  let size: number;
  try {
    const stats = statSync(file);
    if (!stats.isFile()) throw new UnreadableError(`${as} is ${kindOf(stats)}, not a file`);
    size = stats.size;
  } catch (error) {
    // It says why, or that there is none.
    if (error instanceof UnreadableError) throw error;
    return readBytesIfThere(file, { as }) && undefined;
  }
  if (size <= most) {
    // It may have grown since, by less than this.
    const bytes = readBytesIfThere(file, { most: 2 * most, as });
    return bytes && { text: bytes.toString('utf8'), skipped: 0 };
  }
  return lastBytes(file, size, most, as);
}

function lastBytes(file: string, size: number, most: number, as: string): Tail {
  try {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const room = Buffer.allocUnsafe(most);
      let filled = 0;
      for (let count = -1; count !== 0 && filled < most; filled += count)
        count = readSync(descriptor, room, filled, most - filled, size - most + filled);
      const first = room.subarray(0, filled).indexOf(0x0a) + 1;
      return { text: room.toString('utf8', first, filled), skipped: size - most + first };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new UnreadableError(`${as} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

/** Something has this name: also a link that leads nowhere, which `existsSync` does not see. */
export function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
