import type { StackRun } from '../../run/run.ts';
import { type TakenBackup } from './backup-facts.ts';
/** `backup`: takes one, verified, and removes older ones where KEEP says so. */
export declare function backup(run: StackRun): Promise<void>;
/**
 * A dump taken by the server's own pg_dump, read back whole, with its facts beside it. Neither exists under its name
 * before both are whole.
 *
 * @param jobs more than one: in directory format
 * @throws FailedError when the disk has no room for it, or pg_dump or reading it back fails; nothing is left then
 */
export declare function takeBackup(run: StackRun, folder: string, jobs?: number): Promise<TakenBackup>;
