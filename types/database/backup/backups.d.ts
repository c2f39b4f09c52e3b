import type { StackRun } from '../../run/run.ts';
import { type BackupFacts, type SourceDatabase, type TakenBackup } from './backup-facts.ts';
import { type DrillRecord } from './drill-record.ts';
import { Meter } from '../../output/meter.ts';
/** The backups in a folder, the newest first; whether they are whole is not looked at. */
export declare function readBackups(folder: string): TakenBackup[];
/** The facts beside a dump, wherever somebody has copied both. */
export declare const factsBeside: (file: string) => BackupFacts | undefined;
/** A backup as it is listed. */
export interface ListedBackup extends TakenBackup {
  /** Seconds. */
  readonly age: number;
  /** Whether the dump still is what it was when it was verified. */
  readonly verifies: boolean;
  /** What came of its last drill. */
  readonly drill: DrillRecord | undefined;
}
/** The backups of an environment, the newest first. */
export declare function listBackups(run: StackRun, folder: string): Promise<ListedBackup[]>;
/** Whether the dump still is what it was when it was read back. */
export declare function verifyBackup({ file, facts }: TakenBackup, meter?: Meter): Promise<boolean>;
/** Of which database a backup is sought; what is not given is not compared. */
export type SoughtBackup = Pick<BackupFacts, 'environment' | 'database'> & Partial<SourceDatabase>;
/**
 * The newest backup of exactly this database that still verifies.
 *
 * @param maxAge seconds
 */
export declare function findBackup(
  folder: string,
  sought: SoughtBackup,
  maxAge: number,
): Promise<TakenBackup | undefined>;
/** Whether a backup is of this database and young enough; one of the future is not, its clock cannot be right. */
export declare function isOf(facts: BackupFacts, sought: SoughtBackup, maxAge: number, now: number): boolean;
/** `backups`: lists those of an environment, and reads each to see whether it still is what it was. */
export declare function backups(run: StackRun): Promise<void>;
/** The two largest units: `3 d 4 h`. */
export declare function ageText(seconds: number): string;
