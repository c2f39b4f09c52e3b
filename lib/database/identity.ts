import type { Client } from 'pg';
import { FailedError } from '../errors.ts';
import type { StackRun } from '../run/run.ts';
import { OtherDatabaseError, type Hand } from './asserted.ts';
import { readAttributes, type DatabaseAttributes } from './attributes.ts';
import type { Contents } from './contents.ts';
import { markerOf } from '../stack/postgres/marker.ts';
import { readSystemIdentifier } from './system-identifier.ts';
import type { DatabaseIdentity } from '../stack/identity.ts';

/** The identity of the database that the contents were read in. */
export const identityIn = (
  { systemIdentifier, oid, markers }: Pick<Contents, 'systemIdentifier' | 'oid' | 'markers'>,
  name: string,
): DatabaseIdentity => ({
  ...{ systemIdentifier, oid, name },
  // A database may be called like a property that every object has.
  marker: Object.hasOwn(markers, name) ? markers[name]! : null,
});

/** A run that may have been shown a database. */
export type Shown = StackRun & { readonly identity?: DatabaseIdentity | undefined };

/** The attributes of the run's own database. @throws FailedError when there is none */
export async function ownAttributes(
  { stack, environment, command }: StackRun,
  client: Client,
): Promise<DatabaseAttributes & { readonly name: string }> {
  const { name } = stack.database;
  const attributes = await readAttributes(client, name);
  if (attributes) return { ...attributes, name };
  throw new FailedError(`there is no database ${name}`, { hint: command('up', { ENV: environment.name }) });
}

/** A session's hand, on the server that it is on. */
export async function handOf({ actor, stack }: StackRun, client: Client): Promise<Hand> {
  return {
    ...{ client, actor, systemIdentifier: await readSystemIdentifier(client) },
    enter: (database, work) => stack.withClient(database, work),
  };
}

/**
 * Whether what has the name now is what the guard has shown.
 *
 * @throws OtherDatabaseError when it is another database, on another server, or marked otherwise
 */
export function checkShown(
  { identity, stack }: Shown,
  { systemIdentifier }: Pick<Hand, 'systemIdentifier'>,
  { oid, comment }: Pick<DatabaseAttributes, 'oid' | 'comment'>,
): void {
  if (!identity) return;
  const now = { systemIdentifier, oid, marker: markerOf(comment) ?? null };
  const changes = (['systemIdentifier', 'oid', 'marker'] as const).filter(
    (fact) => now[fact] !== identity[fact],
  );
  if (changes.length === 0) return;
  const list = changes.map((fact) => `${fact} ${identity[fact] ?? 'none'} → ${now[fact] ?? 'none'}`);
  throw new OtherDatabaseError(
    `database ${stack.database.name} is another one than was shown (${list.join(', ')}); nothing was changed in it`,
    { hint: 'see what happens there, then type this again' },
  );
}
