import type { Client } from 'pg';
import { pin } from '../../postgres/session.ts';
import { connect, type ConnectOptions } from './connect.ts';
import type { Engine } from '../engine/engine.ts';
import type { DatabaseSettings } from './login.ts';
import { holdProcess } from './relay.ts';

/** Milliseconds that an idle connection stays open. */
const IDLE_MS = 1_000;

interface Idle {
  readonly client: Client;
  /** Resolves when the session is reset; false if that failed. */
  readonly reset: Promise<boolean>;
  readonly timer: NodeJS.Timeout;
}

/**
 * Reuses connections, because a new one takes up to 0.25 s. It keeps one idle connection for each database of a server.
 * An idle connection does not keep this process alive.
 *
 * A key is a container's ID and the database's name. A recreated container has another ID.
 */
export class Connections {
  readonly #idle = new Map<string, Idle>();
  readonly #used = new Map<Client, string>();

  constructor() {
    // Tell the server that its sessions end, without waiting for its answer.
    process.once('beforeExit', () => this.#idle.forEach((idle) => void end(idle)));
  }

  /**
   * Ends all connections whose key begins with `beginning`, idle or in use: a stopping server waits for its sessions.
   */
  async endAll(beginning: string): Promise<void> {
    const idle = [...this.#idle.keys()]
      .filter((key) => key.startsWith(beginning))
      .map((key) => this.#take(key)!);
    const used = [...this.#used].filter(([, key]) => key.startsWith(beginning));
    await Promise.allSettled([...idle.map(end), ...used.map(([client]) => client.end())]);
  }

  /**
   * Runs `work` on a connection. Then resets the session and keeps the connection idle; ends it if `work` fails.
   *
   * @param open opens a new connection, if none is idle
   */
  async use<T>(key: string, open: () => Promise<Client>, work: (client: Client) => Promise<T>): Promise<T> {
    const client = (await this.#takeLiving(key)) ?? (await open());
    this.#used.set(client, key);
    let result: T;
    try {
      result = await work(client);
    } catch (error) {
      await client.end();
      throw error;
    } finally {
      this.#used.delete(client);
    }
    // Resets settings, locks, temporary tables, plans. https://www.postgresql.org/docs/current/sql-discard.html
    this.#keep(key, client, succeeds(client, 'DISCARD ALL'));
    return result;
  }

  #keep(key: string, client: Client, reset: Promise<boolean>): void {
    this.#end(key);
    holdProcess(client, false);
    const timer = setTimeout(() => this.#end(key), IDLE_MS).unref();
    this.#idle.set(key, { client, reset, timer });
  }

  /** Takes the idle connection, if its session still works: the server may have ended it, to replace its database. */
  async #takeLiving(key: string): Promise<Client | undefined> {
    const idle = this.#take(key);
    if (idle === undefined) return undefined;
    const { client, reset } = idle;
    if ((await reset) && (await succeeds(client, ''))) return client;
    await client.end();
    return undefined;
  }

  #take(key: string): Idle | undefined {
    const idle = this.#idle.get(key);
    if (idle === undefined) return undefined;
    this.#idle.delete(key);
    clearTimeout(idle.timer);
    holdProcess(idle.client, true);
    return idle;
  }

  #end(key: string): void {
    const idle = this.#take(key);
    if (idle) void end(idle);
  }
}

/** Waits for the last statement: before its end, `client.end` only closes the connection, and the session lives on. */
const end = ({ client, reset }: Idle): Promise<void> => reset.then(() => client.end());

const succeeds = (client: Client, statement: string): Promise<boolean> =>
  client.query(statement).then(
    () => true,
    () => false,
  );

/** For the whole process, not for one stack: the guard opens the stack twice, and both use the same server. */
const connections = new Connections();

/** Ends our connections to the server of a container. */
export const endSessionsOn = (container: string): Promise<void> => connections.endAll(`${container} `);

/**
 * Runs `work` with a client of the server in a container.
 *
 * @param how with `as` (another role or other settings) the session is not reused, and ends after the work
 * @throws UnreachableError · FailedError when no session can be opened
 */
export async function withSession<T>(
  engine: Engine,
  container: string,
  login: DatabaseSettings,
  database: string,
  work: (client: Client) => Promise<T>,
  how: ConnectOptions = {},
): Promise<T> {
  const open = (): Promise<Client> => connect(engine, container, database, login, how);
  if (how.as) {
    const client = await open();
    return work(client).finally(() => client.end());
  }
  let isNew = false;
  const opening = (): Promise<Client> => ((isNew = true), open());
  return connections.use(`${container} ${database}`, opening, async (client) => {
    if (!isNew) await pin(client);
    return work(client);
  });
}
