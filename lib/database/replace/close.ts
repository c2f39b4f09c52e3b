import type { StackRun } from '../../run/run.ts';
import { quoteName, quoteText } from '../../sql/quote.ts';
import { change, type Hand } from '../asserted.ts';
import type { DatabaseAttributes } from '../attributes.ts';
import { endSessions } from '../maintenance.ts';
import { commentStatement } from '../marker.ts';
import { writeMark, type Mark } from './names.ts';

/** The task and its start, for the marks. */
export interface Occasion {
  readonly what: Mark['what'];
  readonly since: Date;
}

/**
 * Closes the environment's database to applications, and ends their sessions. The mark in its comment tells the next run
 * to open it if this one is killed (`reopen`).
 *
 * @returns the comment with the mark
 * @throws OtherDatabaseError if it is another database than `old`
 */
export async function closeToApplications(
  { actor, signal }: StackRun,
  hand: Hand,
  { name, oid, comment }: DatabaseAttributes & { readonly name: string },
  { what, since }: Occasion,
): Promise<string> {
  const { client, systemIdentifier } = hand;
  const is = { name, oid, systemIdentifier };
  signal.throwIfAborted();
  const closed = writeMark(comment, { kind: 'closed', of: name, what, since: since.toISOString() });
  await change(
    hand,
    { before: [{ ...is, comment }], after: [{ ...is, comment: closed }] },
    `ALTER DATABASE ${quoteName(name)} ALLOW_CONNECTIONS false`,
    commentStatement(name, closed),
  );
  await actor.act(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${quoteText(name)};`,
    () => endSessions(client, is, signal),
  );
  return closed;
}
