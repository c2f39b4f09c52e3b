import type { Client } from 'pg';
/**
 * Drops the subscriptions of a database that is about to be dropped, which the server would refuse to drop otherwise. Where
 * they get their rows from nothing is touched: their slots there are let go of before.
 *
 * @param client in that database
 */
export declare function dropSubscriptions(client: Client): Promise<void>;
/** They would keep the database from being dropped, for ever. @param client in that database */
export declare function rollBackPrepared(client: Client): Promise<void>;
