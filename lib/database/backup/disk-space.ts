import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { byteSize } from '../../output/display.ts';
import { FailedError } from '../../errors.ts';
import type { BackupFacts } from './backup-facts.ts';

/** The data may compress less than in the last backup. */
const MARGIN = 1.5;

/**
 * Bytes that a backup may need. Without an earlier backup of the same database, the size of the database: a dump
 * contains no indexes and is compressed, so it is smaller.
 */
export function expectedSize(
  databaseSize: number,
  earlier: Pick<BackupFacts, 'size' | 'databaseSize'> | undefined,
): number {
  if (earlier === undefined || earlier.databaseSize === 0) return databaseSize;
  return Math.min(databaseSize, Math.ceil((MARGIN * databaseSize * earlier.size) / earlier.databaseSize));
}

/** @throws FailedError with both sizes if the folder's disk has less free space than the backup may need */
export async function checkSpace(folder: string, needed: number): Promise<void> {
  const free = await freeSpace(folder);
  if (free >= needed) return;
  throw new FailedError(
    `the backup may need ${byteSize(needed)}, and the disk of ${folder} has ${byteSize(free)} free`,
    { hint: 'make room, or BACKUP_DIR=<folder> on another disk' },
  );
}

/** Free bytes for an ordinary user, on the disk of the folder. If the folder does not exist yet, on its parent's. */
async function freeSpace(folder: string): Promise<number> {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  return bavail * bsize;
}
