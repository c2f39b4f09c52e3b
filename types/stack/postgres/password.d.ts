import type { Environment } from '../../environment/resolve.ts';
import { FailedError } from '../../errors.ts';
import type { Login } from './login.ts';
/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
export declare const INVALID_PASSWORD = '28P01';
/**
 * The classic mismatch: the password was changed after the storage was made. POSTGRES_PASSWORD counts for initdb only.
 *
 * @param set the line that gives the server the new one, where it lets somebody in without any
 */
export declare function otherPassword(
  environment: Pick<Environment, 'name' | 'entry' | 'variables'>,
  { user, password }: Login,
  set?: string,
  cause?: unknown,
): FailedError;
