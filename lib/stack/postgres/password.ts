import type { Environment } from '../../environment/resolve.ts';
import { FailedError } from '../../errors.ts';
import type { Login } from './login.ts';

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
export const INVALID_PASSWORD = '28P01';

/**
 * The error for a common mistake: somebody changed the password after the storage was made. Only initdb reads
 * POSTGRES_PASSWORD.
 *
 * @param set the command that sets the new password, if the server accepts a connection without password for it
 */
export function otherPassword(
  environment: Pick<Environment, 'name' | 'entry' | 'variables'>,
  { user, password }: Login,
  set?: string,
  cause?: unknown,
): FailedError {
  const file = [...environment.variables.values()]
    .find(({ value }) => value === password)
    ?.place.replace(/:\d+$/, '');
  const { name, entry } = environment;
  return new FailedError(
    `the password of ${user} in ${file ?? `the configuration of ${name}`} is not the one that the data was made with, and the data keeps that one`,
    {
      cause,
      hint: [
        `put the old one back, then: make up ENV=${name}`,
        ...(set === undefined ? [] : [`or give the database the new one: ${set}`]),
        ...(entry.protected ? [] : [`or begin anew, without the data: make db-reset-volume-env ENV=${name}`]),
      ].join('\n'),
    },
  );
}
