import { Duplex } from 'node:stream';
import type { Client } from 'pg';
import type { Engine } from '../engine/engine.ts';
/** Where the connection seems to come from: the official image wants a password only over the network. */
export type From = 'loopback' | 'network';
/** Where in a container a connection leads. */
interface To {
  readonly from?: From | undefined;
  readonly port?: number | undefined;
  /** Seconds until something has to listen there. */
  readonly wait?: number | undefined;
}
export interface Relay {
  readonly connection: Duplex;
  /** What the relay's shell complained of. */
  readonly said: () => string;
  readonly end: () => void;
  readonly kill: () => void;
  /** Whether it holds this process from ending. */
  readonly hold: (holds: boolean) => void;
}
/**
 * A connection to the server in the given container, without a client.
 */
export declare function openRelay(engine: Engine, container: string, { from, port, wait }?: To): Relay;
/** Remembers which relay a client uses. */
export declare const usesRelay: (client: Client, relay: Relay) => void;
/** Whether a client holds this process from ending. If it does not, the server sees it go with the process. */
export declare const holdProcess: (client: Client, holds: boolean) => void;
export {};
