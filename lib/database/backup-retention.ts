import { relative } from 'node:path';
import { rm } from 'node:fs/promises';
import { display } from '../display.ts';
import type { StackRun } from '../task.ts';
import type { TakenBackup } from './backup-facts.ts';
import { readBackups } from './backups.ts';

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
  for (const { file } of surplus(all, keep, taken ?? { facts: like.facts })) {
    await actor.act(
      display({ file: 'rm', args: ['-r', relative('', file), relative('', `${file}.json`)] }),
      async () => {
        for (const part of [file, `${file}.json`]) await rm(part, { recursive: true, force: true });
        terminal.info(`removed ${relative('', file)}: KEEP=${keep}`);
      },
    );
  }
}
