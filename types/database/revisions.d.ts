import type { Client } from 'pg';
/**
 * The schemas of a search path, in order, whether they exist or not.
 *
 * @see https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-SEARCH-PATH
 */
export declare function schemasOf(path: string, user: string): string[];
/**
 * Alembic's revisions of the database: none before the first migration, several where heads were not merged. Of several
 * version tables the one with the usual name counts, if there is one.
 */
export declare function readRevisions(client: Client): Promise<string[]>;
/** The same; undefined where not exactly one table can be it, and only Alembic knows. */
export declare function readCertainRevisions(client: Client): Promise<string[] | undefined>;
/** The same, for what is no verdict: none where no table can be it. */
export declare function readLikelyRevisions(client: Client): Promise<string[] | undefined>;
/** Whether nothing has been migrated yet, and nothing else is in the database: no application can do anything with it. */
export declare function isEmpty(client: Client): Promise<boolean>;
/** The heads that a database is not at; none where it is at head. */
export declare const missingHeads: (at: readonly string[], heads: readonly string[]) => string[];
/** What there is to say of a database that is at these revisions: `is at 0012`. */
export declare const describeRevisions: (at: readonly string[]) => string;
