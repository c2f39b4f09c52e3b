import type { Client } from 'pg';
/** The data directory by the server's own word; undefined where it does not answer, or does not tell this role. */
export declare function toldDirectory(
  withClient: <T>(work: (client: Client) => Promise<T>) => Promise<T>,
): Promise<string | undefined>;
