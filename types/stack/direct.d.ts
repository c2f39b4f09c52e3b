import type { Duplex } from 'node:stream';
import type { Client } from 'pg';
import type { Environment } from '../environment/resolve.ts';
import type { Login } from './postgres/login.ts';
import type { SessionAs } from './postgres/session.ts';
import type { Stack, StackOptions } from './stack.ts';
/** How a server that is in no container is reached. */
export interface Reach {
  readonly login: Login;
  readonly withClient: <T>(
    database: string,
    work: (client: Client) => Promise<T>,
    as?: SessionAs,
  ) => Promise<T>;
  /** A connection without a client, for a program that speaks the protocol itself. */
  readonly connect: () => Promise<Duplex>;
  /** Where it is, in variables for the application's migrations and their driver. */
  readonly variables: () => Readonly<Record<string, string>>;
}
type Direct = Pick<
  Stack,
  | 'checkPassword'
  | 'pgDump'
  | 'compression'
  | 'dump'
  | 'dumpDirectory'
  | 'seal'
  | 'runScript'
  | 'psql'
  | 'shell'
  | 'isBuiltIn'
  | 'alembic'
>;
/** What every stack without containers does in the same way: with what npm brings, and an Alembic of this machine. */
export declare function direct(environment: Environment, options: StackOptions, reach: Reach): Direct;
export {};
