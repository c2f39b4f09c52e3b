import type { Client } from 'pg';
import type { StackRun } from '../run/run.ts';
import { type Hand } from './asserted.ts';
import { type DatabaseAttributes } from './attributes.ts';
import type { Contents } from './contents.ts';
import type { DatabaseIdentity } from '../stack/identity.ts';
/** The identity of the database that the contents were read in. */
export declare const identityIn: (
  { systemIdentifier, oid, markers }: Pick<Contents, 'systemIdentifier' | 'oid' | 'markers'>,
  name: string,
) => DatabaseIdentity;
/** A run that may have been shown a database. */
export type Shown = StackRun & {
  readonly identity?: DatabaseIdentity | undefined;
};
/** The attributes of the run's own database. @throws FailedError when there is none */
export declare function ownAttributes(
  { stack, environment, command }: StackRun,
  client: Client,
): Promise<
  DatabaseAttributes & {
    readonly name: string;
  }
>;
/** A session's hand, on the server that it is on. */
export declare function handOf({ actor, stack }: StackRun, client: Client): Promise<Hand>;
/**
 * Whether what has the name now is what the guard has shown.
 *
 * @throws OtherDatabaseError when it is another database, on another server, or marked otherwise
 */
export declare function checkShown(
  { identity, stack }: Shown,
  { systemIdentifier }: Pick<Hand, 'systemIdentifier'>,
  { oid, comment }: Pick<DatabaseAttributes, 'oid' | 'comment'>,
): void;
