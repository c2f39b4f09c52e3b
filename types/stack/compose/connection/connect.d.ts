import type { Client } from 'pg';
import { type SessionAs } from '../../postgres/session.ts';
import type { Engine } from '../engine/engine.ts';
import type { DatabaseSettings } from './login.ts';
import { type From } from './relay.ts';
export interface ConnectOptions {
  readonly timeout?: number;
  readonly from?: From;
  readonly wait?: number;
  readonly signal?: AbortSignal;
  readonly as?: SessionAs | undefined;
  /** False for a session on which another one is asked for. */
  readonly watched?: boolean;
}
/** The same, for programs that connect by themselves: a session finds out. */
export declare function addressOf(
  engine: Engine,
  container: string,
  settings: DatabaseSettings,
): Promise<From>;
/**
 * A connected client of the server in the given container, over `docker exec`: no published port is needed, a remote
 * engine works, and it cannot be another server that happens to listen on this machine's localhost.
 *
 * @param timeout milliseconds for the connection; a server that is stopped accepts it and says nothing
 * @param wait seconds until something has to listen there
 * @param signal gives up
 * @throws UnreachableError when nothing listens there yet, or the server is starting or stopping
 * @throws FailedError when the server refuses: no such database, wrong password
 */
export declare function connect(
  engine: Engine,
  container: string,
  database: string,
  settings: DatabaseSettings,
  how?: ConnectOptions,
): Promise<Client>;
