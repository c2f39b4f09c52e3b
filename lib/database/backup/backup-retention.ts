import { lstatSync, readdirSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { display } from '../../output/display.ts';
import type { StackRun } from '../../run/run.ts';
import type { TakenBackup } from './backup-facts.ts';
import { recordFile } from './drill-record.ts';
import { readHead } from '../../system/read-bounded.ts';
import { readBackups } from './backups.ts';
import { sizeOf } from '../../dump/checksum.ts';

/**
 * The backups of one environment and database that are more than the newest `keep`. The backup that was just taken
 * always stays, even if clocks were wrong: it is verified.
 *
 * @param newestFirst all backups in the folder
 * @param taken the backup that was just taken; without `file` in a dry run
 */
export function surplus(
  newestFirst: readonly TakenBackup[],
  keep: number,
  taken: Pick<TakenBackup, 'facts'> & Partial<TakenBackup>,
): TakenBackup[] {
  const { environment, database } = taken.facts;
  const others = newestFirst.filter(
    ({ file, facts }) =>
      facts.environment === environment && facts.database === database && file !== taken.file,
  );
  return others.slice(keep - 1);
}

/** `vm_prod_core_20260401_093000_2.dump` */
const NAME = /_\d{8}_\d{6}(_\d+)?\.dump$/;
/** Names of the files that pg_dump writes into a folder. */
const PARTS = /^(toc\.dat|\d+\.dat|blobs(_\d+)?\.toc|blob_\d+\.dat)(\.(gz|lz4|zst))?$/;

/**
 * Whether the file or folder under a backup's name is surely still that backup: it has the same size and contains only
 * what pg_dump writes. Somebody may have put something else there, and the caller is going to remove it.
 */
export function isStillOurs({ file, facts }: TakenBackup): boolean {
  try {
    if (!NAME.test(file) || !basename(file).startsWith(`${facts.environment}_`)) return false;
    if (!lstatSync(`${file}.json`).isFile()) return false;
    const stats = lstatSync(file);
    if (stats.isDirectory()) {
      const parts = readdirSync(file, { withFileTypes: true });
      if (!parts.every((part) => part.isFile() && PARTS.test(part.name))) return false;
    } else if (!stats.isFile() || readHead(file, 5).toString('latin1') !== 'PGDMP') return false;
    return sizeOf(file) === facts.size;
  } catch {
    // It cannot be read.
    return false;
  }
}

/** Removes a backup. Not recursive: a folder may only contain the files that pg_dump wrote. */
async function remove(file: string): Promise<void> {
  if (lstatSync(file).isDirectory()) {
    for (const part of readdirSync(file)) await rm(join(file, part));
    await rmdir(file);
  } else await rm(file);
  await rm(`${file}.json`);
  await rm(recordFile(file), { force: true });
}

/**
 * Removes the backups beyond the newest `keep`. A dry run only prints what it would remove.
 *
 * @param taken undefined in a dry run
 */
export async function keepNewest(
  { stack, environment, terminal, actor }: StackRun,
  folder: string,
  keep: number,
  taken: TakenBackup | undefined,
): Promise<void> {
  const all = readBackups(folder);
  const like =
    taken ??
    all.find(({ facts }) => facts.environment === environment.name && facts.database === stack.database.name);
  if (!like) return;
  // In a dry run the new backup has no name yet.
  for (const backup of surplus(all, keep, taken ?? { facts: like.facts })) {
    const { file } = backup;
    if (!isStillOurs(backup)) {
      terminal.warn(`${relative('', file)} stays, although KEEP=${keep}: it is not what its backup was`);
      continue;
    }
    await actor.act(
      display({ file: 'rm', args: ['-r', relative('', file), relative('', `${file}.json`)] }),
      async () => {
        await remove(file);
        terminal.info(`removed ${relative('', file)}: KEEP=${keep}`);
      },
    );
  }
}
