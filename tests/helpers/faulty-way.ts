import { once } from 'node:events';
import { rmSync } from 'node:fs';
import {
  connect,
  createServer,
  type AddressInfo,
  type NetConnectOpts,
  type Server,
  type Socket,
} from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What can happen on the way to a server:
 * - cut: connections are closed, and new ones refused
 * - frozen: all connections stay open and carry nothing, and so does a new one (VPN gone, laptop asleep, server stopped)
 * - stuck: one connection carries nothing any more, a new one does
 * - slow: each piece takes its time
 * - restarted: connections are closed, and whoever is behind is restarted
 */
export const WAY_FAULTS = ['cut', 'frozen', 'stuck', 'slow', 'restarted'] as const;
export type WayFault = (typeof WAY_FAULTS)[number];

export interface WayOrder {
  readonly fault: WayFault;
  /** From 1: the request at which it happens; 0 for at once. */
  readonly at: number;
}

/** Milliseconds for each piece, and bytes a second. */
const SLOW = { latency: 60, bandwidth: 2_000_000 };

/** A request as an engine's clients write it: with its head at the beginning of a piece. */
const REQUEST = /^(GET|HEAD|POST|PUT|DELETE) (\S+) HTTP\/1\.1\r\n/;

/** Stands before a server's socket, and does to what passes what it was ordered. Anything else passes as it is. */
export class FaultyWay {
  readonly #target: NetConnectOpts;
  readonly #restart: () => Promise<void>;
  readonly #connections = new Set<Connection>();
  #server: Server | undefined;
  #listening: string | number = 0;
  #order: WayOrder | undefined;
  #requests: string[] = [];
  #reached: (() => void) | undefined;
  #restarting: Promise<void> = Promise.resolve();
  frozen = false;
  slow = false;

  /** @param restart restarts who is behind */
  constructor(
    target: string | { host: string; port: number },
    restart = (): Promise<void> => Promise.resolve(),
  ) {
    this.#target = { ...(typeof target === 'string' ? { path: target } : target), allowHalfOpen: true };
    this.#restart = restart;
  }

  /** @param where a socket's path; without one a port of this machine's loopback is chosen */
  async listen(where?: string): Promise<{ port: number }> {
    this.#listening = where ?? 0;
    await this.#open();
    const address = this.#server!.address();
    if (typeof address === 'object') this.#listening = (address as AddressInfo).port;
    return { port: Number(this.#listening) };
  }

  async #open(): Promise<void> {
    this.#server = createServer({ allowHalfOpen: true }, (client) => {
      const connection = new Connection(client, connect(this.#target), this);
      this.#connections.add(connection);
      client.once('close', () => this.#connections.delete(connection));
    });
    const where = this.#listening;
    if (typeof where === 'string') {
      rmSync(where, { force: true });
      this.#server.listen(where);
    } else this.#server.listen(where, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Orders a fault, and counts requests from here on. @returns kept when it happens */
  order(order: WayOrder | undefined): Promise<void> {
    this.#order = order;
    this.#requests = [];
    const reached = new Promise<void>((resolve) => (this.#reached = resolve));
    if (order?.at === 0) this.#happen(undefined);
    return reached;
  }

  /** Heads of the requests since the last order. */
  get requests(): readonly string[] {
    return this.#requests;
  }

  /** @returns whether this request goes no further */
  passed(piece: Buffer, connection: Connection): boolean {
    const [, method, path] = REQUEST.exec(piece.toString('latin1', 0, 2_000)) ?? [];
    if (method === undefined || path!.startsWith('/_ping')) return false;
    this.#requests.push(`${method} ${path!.split('?')[0]}`);
    if (this.#order === undefined || this.#requests.length !== this.#order.at) return false;
    return this.#happen(connection);
  }

  #happen(connection: Connection | undefined): boolean {
    const { fault } = this.#order!;
    switch (fault) {
      case 'cut':
        this.#server!.close();
        this.#end();
        break;
      case 'frozen':
        this.frozen = true;
        break;
      case 'stuck':
        connection!.stuck = true;
        break;
      case 'slow':
        this.slow = true;
        break;
      case 'restarted':
        this.#end();
        this.#restarting = this.#restart();
        break;
    }
    this.#reached?.();
    return fault === 'cut' || fault === 'restarted';
  }

  /** All connections that there are carry nothing any more. */
  stick(): void {
    for (const connection of this.#connections) connection.stuck = true;
  }

  #end(): void {
    for (const connection of this.#connections) connection.end();
    this.#connections.clear();
  }

  /** The way is as it was; what hung is gone. */
  async mend(): Promise<void> {
    this.#order = undefined;
    this.#end();
    this.frozen = this.slow = false;
    await this.#restarting;
    if (!this.#server!.listening) await this.#open();
  }

  close(): void {
    this.#server?.close();
    this.#end();
  }
}

class Connection {
  readonly #sides: readonly Socket[];
  stuck = false;

  constructor(client: Socket, server: Socket, way: FaultyWay) {
    this.#sides = [client, server];
    for (const side of this.#sides) side.on('error', () => this.end());
    void this.#pass(client, server, way, true);
    void this.#pass(server, client, way, false);
  }

  async #pass(from: Socket, to: Socket, way: FaultyWay, counts: boolean): Promise<void> {
    try {
      // The other direction goes on when this one has ended.
      for await (const piece of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        if (counts && way.passed(piece, this)) return;
        if (way.slow) await sleep(SLOW.latency + (piece.length / SLOW.bandwidth) * 1000);
        await this.#held(way);
        if (!to.write(piece)) await once(to, 'drain');
      }
      await this.#held(way);
      to.end();
    } catch {
      this.end();
    }
  }

  /** Until its end, where it carries nothing any more. */
  async #held(way: FaultyWay): Promise<void> {
    if (way.frozen || this.stuck) await new Promise<never>(() => {});
    return Promise.resolve();
  }

  end(): void {
    for (const side of this.#sides) side.destroy();
  }
}
