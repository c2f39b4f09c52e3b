import { Duplex } from 'node:stream';
/**
 * The connection for a libpq that does not know that there is TLS below it: over a connection without, it takes the
 * offer to bind a password to the TLS channel for an attack. So the offer is taken out.
 *
 * @see https://www.postgresql.org/docs/current/sasl-authentication.html
 */
export declare function withoutChannelBinding(connection: Duplex): Duplex;
