import { connect } from 'node:net';
import type { Client } from 'pg';
import type { Environment } from '../../environment/resolve.ts';
import type { Login } from '../postgres/login.ts';
import { type SessionAs } from '../postgres/session.ts';
import type { Home } from './server.ts';
export interface LocalServer extends Login {
  readonly home: Home;
  readonly port: number;
  readonly environment: Environment;
  /** Whether who connects may ask which server it is. One that was just made for this server is on no other. */
  readonly mayAsk: boolean;
}
/** A connection to whatever answers on a port of this machine's loopback. */
export declare const connectLocally: (port: number) => ReturnType<typeof connect>;
/**
 * Runs `work` with a client of an embedded server, and of no other that answers on its port.
 *
 * @throws UnreachableError when nothing answers, or another server
 * @throws FailedError when the server refuses: no such database, wrong password
 */
export declare function withLocalClient<T>(
  server: LocalServer,
  work: (client: Client) => Promise<T>,
  as?: SessionAs,
): Promise<T>;
