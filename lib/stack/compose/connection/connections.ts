import type { Client } from 'pg';
import { pin } from '../../postgres/session.ts';
import { connect, type ConnectOptions } from './connect.ts';
import type { Engine } from '../engine/engine.ts';
import type { DatabaseSettings } from './login.ts';
import { holdProcess } from './relay.ts';

/** Milliseconds for which a connection stays open when nobody uses it. */
const IDLE_MS = 1_000;

interface Idle {
  readonly client: Client;
  /** Whether the server has reset the session. */
  readonly reset: Promise<boolean>;
  readonly timer: NodeJS.Timeout;
}

/**
 * Connections that are used again, because a new one takes up to a quarter of a second: one idle connection for each
 * database of a server. An idle connection does not hold the process from ending.
 *
 * A key is a container's id and the database's name: a container that was made anew has another id.
 */
export class Connections {
  readonly #idle = new Map<string, Idle>();
  readonly #used = new Map<Client, string>();

  constructor() {
    // The server is told that its sessions end; nobody waits for its answer.
    process.once('beforeExit', () => this.#idle.forEach((idle) => void end(idle)));
  }

  /** Ends all connections whose key begins with a text, idle or in use: a server waits for its sessions when it stops. */
  async endAll(beginning: string): Promise<void> {
    const idle = [...this.#idle.keys()]
      .filter((key) => key.startsWith(beginning))
      .map((key) => this.#take(key)!);
    const used = [...this.#used].filter(([, key]) => key.startsWith(beginning));
    await Promise.allSettled([...idle.map(end), ...used.map(([client]) => client.end())]);
  }

  /**
   * Runs `work` on a connection and keeps the connection afterwards, its session reset. Ends it when `work` fails.
   *
   * @param open gives a new connection, for when none is idle
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
    // Settings, locks, temporary tables, plans. https://www.postgresql.org/docs/current/sql-discard.html
    this.#keep(key, client, succeeds(client, 'DISCARD ALL'));
    return result;
  }

  #keep(key: string, client: Client, reset: Promise<boolean>): void {
    this.#end(key);
    holdProcess(client, false);
    const timer = setTimeout(() => this.#end(key), IDLE_MS).unref();
    this.#idle.set(key, { client, reset, timer });
  }

  /** The server may have ended the idle session, because its database was replaced. */
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

/** After the answer to its last statement: before that, `end` only cuts the connection, and the session stays a while. */
const end = ({ client, reset }: Idle): Promise<void> => reset.then(() => client.end());

const succeeds = (client: Client, statement: string): Promise<boolean> =>
  client.query(statement).then(
    () => true,
    () => false,
  );

/** They outlive the stack: the guard opens it twice, and asks the same server. */
const connections = new Connections();

/** Ends our connections to the server of a container. */
export const endSessionsOn = (container: string): Promise<void> => connections.endAll(`${container} `);

/**
 * Runs `work` with a client of the server in a container.
 *
 * @param how with `as`, another role or other settings, the session is never used again, and ends with the work
 * @throws UnreachableError · FailedError when it cannot be connected
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
