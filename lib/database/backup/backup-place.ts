import { RefusedError } from '../../errors.ts';
import { isBelow } from '../../system/files.ts';
import type { StackRun } from '../../run/run.ts';
import { readServer } from '../contents.ts';

/**
 * Checks that a backup is not written into the storage of its own database: one accident would destroy both.
 *
 * @param folder where the backup will be written
 * @throws RefusedError with both folders
 */
export async function checkPlace({ stack }: StackRun, folder: string): Promise<void> {
  const server = stack.withClient('postgres', readServer).then(
    ({ dataDirectory }) => dataDirectory ?? undefined,
    () => undefined,
  );
  const { folder: storage } = await stack.target(server);
  if (storage === undefined || !isBelow(folder, storage)) return;
  throw new RefusedError(`${folder} lies in the storage of the database (${storage})`, {
    hint: 'keep backups elsewhere: BACKUP_DIR=<another folder>',
  });
}
