import { type Plan } from '../plan.ts';
import { type Home } from './server.ts';
/**
 * The folders that a reset removes. Where a part of the data lies elsewhere, behind a link (the folder itself, pg_wal, a
 * tablespace), it would stay: that is an obstacle.
 *
 * @param instead the line that empties the database and leaves the storage
 */
export declare function planEmbedded({ folder, data }: Home, instead: string): Promise<Plan>;
