import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isFolder } from '../../dump/dump-file.ts';
import { isAlive } from '../../system/process-id.ts';

/** The name of an unfinished backup, in the same folder. It contains the machine and the process that writes it. */
export const unfinishedName = (file: string): string =>
  join(dirname(file), `.${basename(file)}.${hostname()}.${process.pid}.unverified`);

/** Removes unfinished backups of killed runs on this machine. Other machines may use the same folder. */
export async function removeUnfinished(folder: string): Promise<void> {
  if (!isFolder(folder)) return;
  for (const name of readdirSync(folder)) {
    const [, machine, pid] = name.match(/^\..+\.dump\.(.+)\.(\d+)\.unverified/) ?? [];
    if (machine === hostname() && !isAlive(Number(pid)))
      await rm(join(folder, name), { recursive: true, force: true });
  }
}
