import type { StackRun } from '../../run/run.ts';
import type { TakenBackup } from './backup-facts.ts';
/**
 * Which backups are more than the newest `keep` of one environment and database. The one just taken is verified, and
 * is never among them, whatever clocks have said.
 *
 * @param newestFirst all in the folder
 */
export declare function surplus(
  newestFirst: readonly TakenBackup[],
  keep: number,
  taken: Pick<TakenBackup, 'facts'> & Partial<TakenBackup>,
): TakenBackup[];
/**
 * Whether what stands under a backup's name surely is that backup: as long as it was, with what pg_dump writes, and
 * nothing else. Somebody may have put something in its place, and it is about to be removed.
 */
export declare function isStillOurs({ file, facts }: TakenBackup): boolean;
/** Removes what KEEP leaves over. In a dry run, which takes none, what it would remove. */
export declare function keepNewest(
  { stack, environment, terminal, actor }: StackRun,
  folder: string,
  keep: number,
  taken: TakenBackup | undefined,
): Promise<void>;
