import type { Client } from 'pg';
import { type ConnectOptions } from './connect.ts';
import type { Engine } from '../engine/engine.ts';
import type { DatabaseSettings } from './login.ts';
/**
 * Connections that are used again, because a new one takes up to a quarter of a second: one idle connection for each
 * database of a server. An idle connection does not hold the process from ending.
 *
 * A key is a container's id and the database's name: a container that was made anew has another id.
 */
export declare class Connections {
  #private;
  constructor();
  /** Ends all connections whose key begins with a text, idle or in use: a server waits for its sessions when it stops. */
  endAll(beginning: string): Promise<void>;
  /**
   * Runs `work` on a connection and keeps the connection afterwards, its session reset. Ends it when `work` fails.
   *
   * @param open gives a new connection, for when none is idle
   */
  use<T>(key: string, open: () => Promise<Client>, work: (client: Client) => Promise<T>): Promise<T>;
}
/** Ends our connections to the server of a container. */
export declare const endSessionsOn: (container: string) => Promise<void>;
/**
 * Runs `work` with a client of the server in a container.
 *
 * @param how with `as`, another role or other settings, the session is never used again, and ends with the work
 * @throws UnreachableError · FailedError when it cannot be connected
 */
export declare function withSession<T>(
  engine: Engine,
  container: string,
  login: DatabaseSettings,
  database: string,
  work: (client: Client) => Promise<T>,
  how?: ConnectOptions,
): Promise<T>;
