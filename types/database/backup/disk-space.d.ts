import type { BackupFacts } from './backup-facts.ts';
/**
 * Bytes that a backup may need. Without an earlier one of the same database, as much as the database itself: its
 * indexes are not in a dump, and the rest is compressed.
 */
export declare function expectedSize(
  databaseSize: number,
  earlier: Pick<BackupFacts, 'size' | 'databaseSize'> | undefined,
): number;
/** @throws FailedError with both figures when the folder's disk has less room than the backup may need */
export declare function checkSpace(folder: string, needed: number): Promise<void>;
