import type { Client } from 'pg';
import type { StackRun } from '../../run/run.ts';
import { quoteName } from '../../sql/quote.ts';
import { OtherDatabaseError, assertKnown, change, type Hand, type Known } from '../asserted.ts';
import {
  createStatement,
  privilegeStatements,
  settingStatements,
  type DatabaseAttributes,
} from '../attributes.ts';
import { endSessions } from '../maintenance.ts';
import { commentStatement } from '../marker.ts';
import type { Occasion } from './close.ts';
import { CREATED_BY_US, newName, writeMark } from './names.ts';
import type { Progress } from './with-rollback.ts';

/** A database that is copied, as it must still be when it is. */
export interface Copied extends Known {
  /** See `CopiedDatabase`. */
  readonly asFiles: boolean;
}

/**
 * Fills the staging database. Gets its name, and a client of the maintenance database. Meanwhile only superusers, its
 * owner and the restore's own role can connect. A dry run also calls it, to print the plan.
 */
export type Fill = (staging: string, client: Client) => Promise<void>;

/** Creates the staging database, empty or as a copy, marks it, fills it and closes it again. */
export async function build(
  run: StackRun,
  hand: Hand,
  old: DatabaseAttributes & { readonly name: string },
  occasion: Occasion,
  progress: Progress,
  { fill, copied }: { readonly fill?: Fill | undefined; readonly copied?: Copied | undefined },
): Promise<void> {
  const { actor, signal } = run;
  const { client, systemIdentifier } = hand;
  const next = newName(old.name);
  signal.throwIfAborted();
  const create = createStatement(old, next, CREATED_BY_US, copied);
  const isStill = async (): Promise<void> => copied && assertKnown(client, copied);
  await actor.act(`${create};`, async () => {
    await isStill();
    await client.query(create);
  });
  // From here on, the mark with this OID identifies the database as ours.
  const oid = actor.dryRun ? '' : await oidOfNew(client, next);
  progress.newOid = oid;
  // CREATE DATABASE takes only a name.
  if (!actor.dryRun) await isStill();
  const unmarked: Known = { name: next, oid, systemIdentifier, comment: null };
  const is: Known = { ...unmarked, comment: markOfNew(old.name, occasion) };
  const execute = (sql: string): Promise<void> => {
    signal.throwIfAborted();
    return change(hand, { before: [is], after: [is] }, sql);
  };
  await change(hand, { before: [unmarked], after: [is] }, commentStatement(next, is.comment!));
  // Before it is filled, as pg_restore --create does it: the contents may rely on these settings.
  for (const statement of settingStatements(old, next)) await execute(statement);
  if (fill) {
    for (const statement of admitOurselves(next)) await execute(statement);
    await fill(next, client);
    await execute(`ALTER DATABASE ${quoteName(next)} ALLOW_CONNECTIONS false`);
    if (!actor.dryRun) await endSessions(client, is, signal);
    // What PUBLIC may do in a database with default privileges; `admitOurselves` revoked it.
    if (old.privileges === null)
      await execute(`GRANT CONNECT, TEMPORARY ON DATABASE ${quoteName(next)} TO PUBLIC`);
  }
  for (const statement of privilegeStatements(old, next)) await execute(statement);
  signal.throwIfAborted();
}

export const markOfNew = (name: string, { what, since }: Occasion): string =>
  writeMark(null, { kind: 'new', of: name, what, since: since.toISOString() });

/** The OID of the database that we have just created: closed, without a comment, and with our connection limit. */
async function oidOfNew(client: Client, name: string): Promise<string> {
  const { rows } = await client.query<{ oid: string }>(
    `SELECT oid::text FROM pg_database WHERE datname = $1 AND datconnlimit = $2 AND NOT datallowconn
       AND shobj_description(oid, 'pg_database') IS NULL`,
    [name, CREATED_BY_US],
  );
  if (rows[0]) return rows[0].oid;
  throw new OtherDatabaseError(
    `database ${name} is not the one that was just made; nothing was changed in it`,
  );
}

/** Only we and the restore's role may connect. A connection limit would also keep that role out. */
function admitOurselves(next: string): string[] {
  const database = quoteName(next);
  return [
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC`,
    `ALTER DATABASE ${database} ALLOW_CONNECTIONS true`,
  ];
}
