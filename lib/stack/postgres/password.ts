import type { Environment } from '../../environment/resolve.ts';
import { FailedError } from '../../errors.ts';
import type { Login } from './login.ts';

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
export const INVALID_PASSWORD = '28P01';

/**
 * The classic mismatch: the password was changed after the storage was made. POSTGRES_PASSWORD counts for initdb only.
 *
 * @param set the line that gives the server the new one, where it lets somebody in without any
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
