import { CancelledError, UnreachableError } from '../../errors.ts';
import type { StackRun } from '../../run/run.ts';
import { HAVE_IT_CONFIRMED, unconfirmed } from '../../stack/postgres/confirmation.ts';

/**
 * After an exchange: says what is in use, if a person wanted to stop meanwhile, or if no synchronous standby has confirmed
 * the exchange.
 *
 * @param state what is in use
 * @throws CancelledError · UnreachableError
 */
export function makeSureConfirmed({ signal }: Pick<StackRun, 'signal'>, state: string): void {
  const error = unconfirmed();
  const known = error
    ? `${state}\n${error.message}: if another server becomes the primary before, the old database is in use there`
    : state;
  if (signal.aborted && signal.reason instanceof CancelledError)
    throw new CancelledError(`cancelled too late: ${known}`, signal.reason.signal);
  if (error) throw new UnreachableError(known, { cause: error, hint: HAVE_IT_CONFIRMED });
}
