import type { Client, DatabaseError } from 'pg';
import { RefusedError } from '../errors.ts';
import type { StackRun } from '../run/run.ts';
import { assertedly, type Known } from './asserted.ts';
import { refuseStandby } from './recovery.ts';
import { keepWall } from './wall.ts';
import { quoteName, quoteText } from '../sql/quote.ts';
import { markerOf, withMarker } from '../stack/postgres/marker.ts';

/** insufficient_privilege: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const NOT_ALLOWED = '42501';

/**
 * Marks the database for its environment, unless it is marked already. Without the right to do so, only warns. A protected
 * environment also gets its wall.
 *
 * @throws RefusedError if it is marked for another environment, or the server is a standby
 */
export async function ensureMarker(run: StackRun): Promise<void> {
  const { stack, actor } = run;
  if (actor.dryRun) return;
  await stack.withClient(stack.database.name, async (client) => {
    await refuseStandby(client);
    await markWith(client, run);
    await keepWall(client, run);
  });
}

/** @throws RefusedError if the database is marked for another environment */
export async function refuseOtherMarker(client: Client, run: StackRun): Promise<void> {
  const { stack, environment } = run;
  const found = markerOf((await readKnown(client, stack.database.name)).comment);
  if (found !== undefined && found !== environment.name) throw otherMarker(run, found);
}

/** Like `ensureMarker`, with a client of the database. */
export async function markWith(client: Client, run: StackRun): Promise<void> {
  const { stack, environment, terminal } = run;
  const { name } = stack.database;
  const is = await readKnown(client, name);
  const found = markerOf(is.comment);
  if (found === environment.name) return;
  if (found !== undefined) throw otherMarker(run, found);
  try {
    const comment = withMarker(is.comment, environment.name);
    await assertedly(client, { before: [is], after: [{ ...is, comment }] }, commentStatement(name, comment));
  } catch (error) {
    const { code, message } = error as Partial<DatabaseError>;
    if (code !== NOT_ALLOWED) throw error;
    terminal.warn(`${name} could not be marked for ${environment.name}: ${message}`);
  }
}

/** The error for a database that is marked for another environment. */
export function otherMarker({ stack, environment, command }: StackRun, found: string): RefusedError {
  return new RefusedError(
    `database ${stack.database.name} is marked for ${found}, and this is ${environment.name}`,
    {
      hint: `look at what it is; if it belongs to ${environment.name}: ${command('db-mark-env', { ENV: environment.name, REPLACE: found })}`,
    },
  );
}

/** The database as it is now. Nobody can rename it as long as the client is connected to it. */
export async function readKnown(
  client: Client,
  name: string,
): Promise<Known & { readonly comment: string | null }> {
  const { rows } = await client.query<{ oid: string; comment: string | null }>(
    "SELECT oid::text, shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = $1",
    [name],
  );
  return { name, oid: rows[0]?.oid ?? '', systemIdentifier: null, comment: rows[0]?.comment ?? null };
}

export const commentStatement = (name: string, comment: string | null): string =>
  `COMMENT ON DATABASE ${quoteName(name)} IS ${comment === null ? 'NULL' : quoteText(comment)}`;
