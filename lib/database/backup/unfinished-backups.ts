import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isFolder } from '../../dump/dump-file.ts';
import { isAlive } from '../../system/process-id.ts';

/** Where a backup is made, beside its place: the name says on which machine and by which process. */
export const unfinishedName = (file: string): string =>
  join(dirname(file), `.${basename(file)}.${hostname()}.${process.pid}.unverified`);

/** Removes what backups that were killed on this machine have left in a folder, which others may use as well. */
export async function removeUnfinished(folder: string): Promise<void> {
  if (!isFolder(folder)) return;
  for (const name of readdirSync(folder)) {
    const [, machine, pid] = name.match(/^\..+\.dump\.(.+)\.(\d+)\.unverified/) ?? [];
    if (machine === hostname() && !isAlive(Number(pid)))
      await rm(join(folder, name), { recursive: true, force: true });
  }
}
