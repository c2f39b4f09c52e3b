import type { Client } from 'pg';
import { rest, wake } from './relay.ts';

/** Milliseconds that a connection is kept for: nobody shall find an idle session of ours in the way. */
const KEPT_MS = 1_000;

interface Kept {
  readonly client: Client;
  readonly clean: Promise<boolean>;
  readonly timer: NodeJS.Timeout;
}

/**
 * Connections that stand already, one for each database of a server, for whoever asks next: a new one takes a quarter of
 * a second. Kept, they hold nobody from ending.
 */
export class Spares {
  readonly #kept = new Map<string, Kept>();
  readonly #used = new Map<Client, string>();

  constructor() {
    // Whoever comes after this process shall not find its sessions. The server is told, and not waited for.
    process.once('beforeExit', () => this.#kept.forEach((kept) => void end(kept)));
  }

  /** Whether one of those begins with a text. */
  has(beginning: string): boolean {
    return [...this.#kept.keys()].some((key) => key.startsWith(beginning));
  }

  /**
   * Ends those whose key begins with a text, also those that somebody works with, before their server is stopped: it
   * waits for its sessions.
   */
  async endAll(beginning: string): Promise<void> {
    const kept = [...this.#kept.keys()]
      .filter((key) => key.startsWith(beginning))
      .map((key) => this.#take(key)!);
    const used = [...this.#used].filter(([, key]) => key.startsWith(beginning));
    await Promise.allSettled([...kept.map(end), ...used.map(([client]) => client.end())]);
  }

  /** @param clean whether nothing is left in it; whoever takes it waits for that */
  #keep(database: string, client: Client, clean: Promise<boolean>): void {
    this.#end(database);
    rest(client);
    const timer = setTimeout(() => this.#end(database), KEPT_MS).unref();
    this.#kept.set(database, { client, clean, timer });
  }

  /**
   * Has somebody work with a connection, and keeps it afterwards as if it were new.
   *
   * @param connect where there is none
   */
  async use<T>(
    database: string,
    connect: () => Promise<Client>,
    work: (client: Client) => Promise<T>,
  ): Promise<T> {
    const client = this.#kept.has(database)
      ? ((await this.#takeLiving(database)) ?? (await connect()))
      : await connect();
    let result: T;
    this.#used.set(client, database);
    try {
      result = await work(client);
    } catch (error) {
      await client.end();
      throw error;
    } finally {
      this.#used.delete(client);
    }
    // Settings, locks, temporary tables, plans. https://www.postgresql.org/docs/current/sql-discard.html
    this.#keep(database, client, succeeds(client, 'DISCARD ALL'));
    return result;
  }

  /** The server may have ended one, because its database was replaced. */
  async #takeLiving(database: string): Promise<Client | undefined> {
    const kept = this.#take(database);
    if (kept === undefined) return undefined;
    const { client, clean } = kept;
    if ((await clean) && (await succeeds(client, ''))) return client;
    await client.end();
    return undefined;
  }

  #take(database: string): Kept | undefined {
    const kept = this.#kept.get(database);
    if (kept === undefined) return undefined;
    this.#kept.delete(database);
    clearTimeout(kept.timer);
    wake(kept.client);
    return kept;
  }

  #end(database: string): void {
    const kept = this.#take(database);
    if (kept) void end(kept);
  }
}

/** They outlive a stack that was opened, as the guard opens it twice. A container that is another one has another id. */
export const spares = new Spares();
export const spareOf = (container: string, database: string): string => `${container} ${database}`;

/** Behind what it was asked last: a client that is ended before the answer only hangs up, and its session stays a while. */
const end = ({ client, clean }: Kept): Promise<void> => clean.then(() => client.end());

const succeeds = (client: Client, statement: string): Promise<boolean> =>
  client.query(statement).then(
    () => true,
    () => false,
  );
