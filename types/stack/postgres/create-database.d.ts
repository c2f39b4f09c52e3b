import pg from 'pg';
import { FailedError } from '../../errors.ts';
/** Whether a connection failed because its database is not there. */
export declare const isMissing: (error: unknown) => error is FailedError;
/**
 * Makes an empty database.
 *
 * @param client of another database of the server
 * @throws FailedError when the role may not
 */
export declare function createDatabase(
  client: pg.Client,
  {
    name,
    user,
  }: {
    readonly name: string;
    readonly user: string;
  },
): Promise<void>;
