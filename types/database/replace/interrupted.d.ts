import type { StackRun } from '../../run/run.ts';
import { type Leftovers } from './leftovers.ts';
/** What interrupted runs left beside the environment's database. */
export declare const lookForLeftovers: ({ stack }: StackRun) => Promise<Leftovers>;
/** Whether there is something that `undoInterrupted` would undo. */
export declare const isInterrupted: ({ closed, unfinished }: Leftovers) => boolean;
/**
 * Undoes what a run left that was killed before its swap: opens the database that it had closed, and removes the one
 * that it had half made. Nothing that ever held data is touched. Does nothing when the server does not answer.
 *
 * @returns whether the database had been closed
 */
export declare function undoInterrupted(run: StackRun): Promise<boolean>;
