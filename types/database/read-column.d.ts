import type { Client } from 'pg';
/**
 * The values of a text column of somebody else's table, NULLs left out. COPY of a table asks no planner: with a SELECT the
 * planner would run functions of the table's indexes, and a view its own, with our rights, which may be a superuser's.
 *
 * @param table quoted, with its schema
 * @param column quoted
 *
 * @see https://www.postgresql.org/docs/current/sql-copy.html
 */
export declare function readColumn(client: Client, table: string, column: string): Promise<string[]>;
