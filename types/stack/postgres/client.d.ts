import type { Duplex } from 'node:stream';
import './navigator.ts';
import pg from 'pg';
import { type AskElsewhere } from './watch-session.ts';
import type { Login } from './login.ts';
/**
 * A client over a connection that stands already.
 *
 * @param timeout milliseconds until the server has let us in; one that is stopped takes a connection and says nothing
 * @param elsewhere another session, to find out there what has become of this one while it is silent
 * @param options settings that the session begins with
 */
export declare function clientOver(
  connection: Duplex,
  { user, password, database }: Login,
  timeout?: number,
  elsewhere?: AskElsewhere,
  options?: string,
): Promise<pg.Client>;
/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
export declare const NO_SUCH_DATABASE = '3D000';
/**
 * Why a client could not connect.
 *
 * @param about what is known beside the error
 */
export declare function connectionError(
  error: unknown,
  database: string,
  about?: {
    readonly said?: string;
    readonly otherPassword?: (cause: unknown) => Error;
    /** What makes a database that is not there. */
    readonly make?: string | undefined;
  },
): Error;
