import type { Client } from 'pg';
import type { StackRun } from '../run/run.ts';
/**
 * Marks the database for its environment, unless it is marked already.
 *
 * @throws RefusedError when it is marked for another environment
 */
export declare function ensureMarker(run: StackRun): Promise<void>;
/** @throws RefusedError when the database is marked for another environment */
export declare function refuseOtherMarker(client: Client, run: StackRun): Promise<void>;
/** The same, with a client of the database. */
export declare function markWith(client: Client, run: StackRun): Promise<void>;
/**
 * `db-mark-env`: shows the marker; with the old one typed (REPLACE), replaces it.
 *
 * @throws RefusedError when REPLACE is not the marker that is there
 */
export declare function markEnvironment(run: StackRun): Promise<void>;
export declare const commentStatement: (name: string, comment: string | null) => string;
