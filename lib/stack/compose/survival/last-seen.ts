import { constants } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError, messageOf } from '../../../errors.ts';
import { writeWhole } from '../../../system/files.ts';
import type { DatabaseContainer } from './survey.ts';

/**
 * Where an environment's data was seen last. Without a container, the engine does not know it: if the configuration has
 * changed since, the next start would create a new, empty server and leave the data behind.
 */
export interface LastSeen {
  /** ISO 8601, UTC. */
  readonly time: string;
  /** The endpoint of the engine that has it: the entry may name another engine now, which does not have the data. */
  readonly engine: string;
  readonly container: DatabaseContainer;
}

const FORMAT = 1;
/** Maximum bytes of such a file; ours are much smaller. */
const MOST = 1 << 16;

/** @param root the project's folder */
export const lastSeenFile = (root: string, environment: string): string =>
  join(root, 'journal', `${environment}.data.json`);

/**
 * Reads the record.
 *
 * @param engine the present endpoint of the environment's engine
 * @returns undefined if there is no record for this engine
 * @throws ConfigurationError when the file exists and is not one of ours
 */
export async function readLastSeen(file: string, engine: string): Promise<LastSeen | undefined> {
  const broken = (why: string, cause?: unknown): ConfigurationError =>
    new ConfigurationError(`${file}, where makesafe keeps in which place the data was last, ${why}`, {
      cause,
      hint: `look whether the data is where the compose file says, then: rm -r ${file}`,
    });
  let text: string;
  try {
    // O_NONBLOCK: do not wait if the file is a pipe.
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

/** Removes the record, after the data was removed on purpose. */
export const forgetLastSeen = (file: string): Promise<void> => rm(file, { force: true });
