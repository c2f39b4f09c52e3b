import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { byteSize } from '../../output/display.ts';
import { FailedError } from '../../errors.ts';
import type { BackupFacts } from './backup-facts.ts';

/** For what the last backup does not tell: data that compress less than the ones before. */
const MARGIN = 1.5;

/**
 * Bytes that a backup may need. Without an earlier one of the same database, as much as the database itself: its
 * indexes are not in a dump, and the rest is compressed.
 */
export function expectedSize(
  databaseSize: number,
  earlier: Pick<BackupFacts, 'size' | 'databaseSize'> | undefined,
): number {
  if (earlier === undefined || earlier.databaseSize === 0) return databaseSize;
  return Math.min(databaseSize, Math.ceil((MARGIN * databaseSize * earlier.size) / earlier.databaseSize));
}

/** @throws FailedError with both figures when the folder's disk has less room than the backup may need */
export async function checkSpace(folder: string, needed: number): Promise<void> {
  const free = await freeSpace(folder);
  if (free >= needed) return;
  throw new FailedError(
    `the backup may need ${byteSize(needed)}, and the disk of ${folder} has ${byteSize(free)} free`,
    { hint: 'make room, or BACKUP_DIR=<folder> on another disk' },
  );
}

/** Free bytes for an ordinary user, where the folder is or will be made. */
async function freeSpace(folder: string): Promise<number> {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  return bavail * bsize;
}
