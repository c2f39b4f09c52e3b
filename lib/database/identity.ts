import type { Client } from 'pg';
import { FailedError } from '../errors.ts';
import type { StackRun } from '../run/run.ts';
import { OtherDatabaseError, type Hand } from './asserted.ts';
import { readAttributes, type DatabaseAttributes } from './attributes.ts';
import type { Contents } from './contents.ts';
import { refuseStandby } from './recovery.ts';
import { markerOf } from '../stack/postgres/marker.ts';
import { readSystemIdentifier } from '../stack/postgres/system-identifier.ts';
import type { DatabaseIdentity } from '../stack/identity.ts';

/** The identity of the database that `contents` was read in. */
export const identityIn = (
  {
    systemIdentifier,
    timeline,
    oid,
    markers,
  }: Pick<Contents, 'systemIdentifier' | 'timeline' | 'oid' | 'markers'>,
  name: string,
): DatabaseIdentity => ({
  ...{ systemIdentifier, timeline, oid, name },
  // A database name may be `constructor` or another property that every object has.
  marker: Object.hasOwn(markers, name) ? markers[name]! : null,
});

/** A run that may have shown a database to the person. */
export type Shown = StackRun & { readonly identity?: DatabaseIdentity | undefined };

/** The attributes of the run's own database. @throws FailedError if it does not exist */
export async function ownAttributes(
  { stack, environment, command }: StackRun,
  client: Client,
): Promise<DatabaseAttributes & { readonly name: string }> {
  const { name } = stack.database;
  const attributes = await readAttributes(client, name);
  if (attributes) return { ...attributes, name };
  throw new FailedError(`there is no database ${name}`, { hint: command('up', { ENV: environment.name }) });
}

/**
 * A `Hand` for a session, with the identifier of its server.
 *
 * @throws StandbyError if it is a standby; UnclearPrimaryError if another server of the cluster may be the primary
 */
export async function handOf({ actor, stack }: StackRun, client: Client): Promise<Hand> {
  const { timeline } = await refuseStandby(client);
  await stack.makeSureOfPrimary?.();
  return {
    ...{ client, actor, timeline, systemIdentifier: await readSystemIdentifier(client) },
    enter: (database, work) => stack.withClient(database, work),
  };
}

/**
 * Checks that the name still belongs to the database that the person has confirmed. Without a confirmation, checks
 * nothing.
 *
 * @throws OtherDatabaseError if it is another database, on another server, or has another marker; or if another server
 *   of the cluster has become the primary, which is a new timeline
 */
export function checkShown(
  { identity, stack }: Shown,
  { systemIdentifier, timeline }: Pick<Hand, 'systemIdentifier' | 'timeline'>,
  { oid, comment }: Pick<DatabaseAttributes, 'oid' | 'comment'>,
): void {
  if (!identity) return;
  const now = { systemIdentifier, timeline, oid, marker: markerOf(comment) ?? null };
  const changes = (['systemIdentifier', 'timeline', 'oid', 'marker'] as const).filter(
    (fact) => now[fact] !== identity[fact],
  );
  if (changes.length === 0) return;
  const list = changes.map((fact) => `${fact} ${identity[fact] ?? 'none'} → ${now[fact] ?? 'none'}`);
  throw new OtherDatabaseError(
    `database ${stack.database.name} is another one than was shown (${list.join(', ')}); nothing was changed in it`,
    { hint: 'see what happens there, then type this again' },
  );
}
