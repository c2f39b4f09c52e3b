import type { Client } from 'pg';
/**
 * The server's own number: initdb makes it, and no two have the same. Two questions, because the server refuses one that
 * only mentions a function which the role may not call.
 *
 * @see https://www.postgresql.org/docs/current/functions-info.html
 *
 * @returns null when the role may not read it
 */
export declare function readSystemIdentifier(client: Client): Promise<string | null>;
