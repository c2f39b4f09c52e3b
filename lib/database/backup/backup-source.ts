import { byteSize } from '../../output/display.ts';
import type { StackRun } from '../../run/run.ts';
import { readRecovery } from '../../stack/postgres/recovery.ts';
import type { Stack } from '../../stack/stack.ts';
import type { BackupFacts } from './backup-facts.ts';

/** Where a backup is read: the database itself, or a standby of it. */
export interface BackupSource extends Pick<Stack, 'withClient' | 'dump'> {
  readonly standby?: BackupFacts['standby'];
}

/**
 * Finds out where to read, and says so if it is a standby: one that has all that the primary had when this was called. So a
 * backup from a standby is never older than one from the primary would be.
 *
 * @throws RefusedError if the standbys are too far behind
 */
export async function backupSource({ stack, terminal }: StackRun): Promise<BackupSource> {
  const found = await stack.standbyForBackup?.();
  if (!found) return stack;
  const { address: server, behind, seconds, ...reading } = found;
  const replayLag = Math.round(seconds * 10) / 10;
  terminal.info(
    `read from ${server}, a standby: it was ${byteSize(behind)} behind, and had replayed that after ${replayLag} s`,
  );
  return { ...reading, standby: { server, replayLag, behind } };
}

/** Says it if the standby has become the primary, or is gone, since the dump began: the dump is whole, as of before. */
export async function sayWhatBecame({ stack, terminal }: StackRun, source: BackupSource): Promise<void> {
  if (!source.standby) return;
  const still = await source
    .withClient(stack.database.name, readRecovery)
    .then(({ isStandby }) => (isStandby ? undefined : 'became the primary'))
    .catch(() => 'does not answer any more');
  if (still !== undefined)
    terminal.warn(`${source.standby.server} ${still}: the backup is whole, and is of the time when it began`);
}
