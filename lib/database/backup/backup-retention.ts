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
 * Which backups are more than the newest `keep` of one environment and database. The one just taken is verified, and
 * is never among them, whatever clocks have said.
 *
 * @param newestFirst all in the folder
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
/** What pg_dump writes into a folder. */
const PARTS = /^(toc\.dat|\d+\.dat|blobs(_\d+)?\.toc|blob_\d+\.dat)(\.(gz|lz4|zst))?$/;

/**
 * Whether what stands under a backup's name surely is that backup: as long as it was, with what pg_dump writes, and
 * nothing else. Somebody may have put something in its place, and it is about to be removed.
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
    // It cannot be looked at.
    return false;
  }
}

/** Nothing below it is removed but the files that pg_dump wrote. */
async function remove(file: string): Promise<void> {
  if (lstatSync(file).isDirectory()) {
    for (const part of readdirSync(file)) await rm(join(file, part));
    await rmdir(file);
  } else await rm(file);
  await rm(`${file}.json`);
  await rm(recordFile(file), { force: true });
}

/** Removes what KEEP leaves over. In a dry run, which takes none, what it would remove. */
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
  // In a dry run the one to be taken has no name yet.
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
