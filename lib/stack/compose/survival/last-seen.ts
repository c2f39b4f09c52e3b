import { constants } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError, messageOf } from '../../../errors.ts';
import { writeWhole } from '../../../system/files.ts';
import type { DatabaseContainer } from './survey.ts';

/**
 * Where an environment's data was seen the last time. Without a container the engine does not know it: a configuration
 * that was changed since then would start a new and empty server beside it.
 */
export interface LastSeen {
  /** ISO 8601, UTC. */
  readonly time: string;
  /** Where the engine listens that has it: an entry may have been moved to another one since, which has none of it. */
  readonly engine: string;
  readonly container: DatabaseContainer;
}

const FORMAT = 1;
/** Bytes that such a file has at the most, by far. */
const MOST = 1 << 16;

/** @param root the project's folder */
export const lastSeenFile = (root: string, environment: string): string =>
  join(root, 'journal', `${environment}.data.json`);

/**
 * @param engine where the engine of the environment listens now
 * @returns undefined where nothing was seen on it
 * @throws ConfigurationError when the file is there and is not one of ours
 */
export async function readLastSeen(file: string, engine: string): Promise<LastSeen | undefined> {
  const broken = (why: string, cause?: unknown): ConfigurationError =>
    new ConfigurationError(`${file}, where makesafe keeps in which place the data was last, ${why}`, {
      cause,
      hint: `look whether the data is where the compose file says, then: rm -r ${file}`,
    });
  let text: string;
  try {
    // A pipe of that name would be waited for.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await handle.stat();
      if (!found.isFile()) throw broken('is no file');
      if (found.size > MOST) throw broken(`has ${found.size} bytes, and ${MOST} at the most are ours`);
      text = await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw broken(`cannot be read: ${messageOf(error)}`, error);
  }
  try {
    const { format, seen } = JSON.parse(text) as { format: unknown; seen: LastSeen };
    const { mounts, data, service } = seen.container;
    if (format !== FORMAT || !Array.isArray(mounts) || typeof data.real !== 'string' || service === undefined)
      throw broken('is none of this version');
    return seen.engine === engine ? seen : undefined;
  } catch (error) {
    throw error instanceof ConfigurationError
      ? error
      : broken(`cannot be understood: ${messageOf(error)}`, error);
  }
}

/** @throws FailedError when it cannot be written */
export const writeLastSeen = (file: string, seen: LastSeen): Promise<void> =>
  writeWhole(file, 0o600, (output) => void output.write(`${JSON.stringify({ format: FORMAT, seen })}\n`));

/** The data is gone, and was meant to. */
export const forgetLastSeen = (file: string): Promise<void> => rm(file, { force: true });
