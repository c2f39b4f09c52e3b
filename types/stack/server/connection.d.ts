import type { Duplex } from 'node:stream';
import { type ServerEntry } from '../../environment/server-entry.ts';
export interface Server extends ServerEntry {
  /** The content of `caFile`. */
  readonly ca: Buffer | undefined;
}
/** What is waited for until one stands. */
export declare const connectionTo: (address: string) => string;
/**
 * A connection to a server over the network, as secure as its entry wants it. Every byte to and from the server goes
 * over one of these, whichever program speaks.
 *
 * @throws UnreachableError when nothing answers
 * @throws ConfigurationError when what answers is not the server that the entry describes
 */
export declare function openConnection(server: Server): Promise<Duplex>;
