import pg from 'pg';
import { FailedError, isLost, messageOf } from '../../errors.ts';
import { NO_SUCH_DATABASE, stateOf } from './client.ts';

/** Whether a connection failed because the database does not exist. */
export const isMissing = (error: unknown): error is FailedError =>
  error instanceof FailedError && stateOf(error.cause ?? {}) === NO_SUCH_DATABASE;

/**
 * Creates an empty database.
 *
 * @param client a session on another database of the server
 * @throws FailedError when the server refuses, for instance because the role lacks CREATEDB
 */
export async function createDatabase(
  client: pg.Client,
  { name, user }: { readonly name: string; readonly user: string },
): Promise<void> {
  await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`).catch((error: unknown) => {
    if (isLost(error)) throw error;
    throw new FailedError(`there is no database ${name}, and ${messageOf(error)}`, {
      cause: error,
      hint: `have somebody make it who may: CREATE DATABASE ${pg.escapeIdentifier(name)} OWNER ${pg.escapeIdentifier(user)}`,
    });
  });
}
