import { Duplex, Transform, pipeline } from 'node:stream';
import { Messages } from '../postgres/messages.ts';

const AUTHENTICATION = 'R'.charCodeAt(0);
const NEGOTIATE_VERSION = 'v'.charCodeAt(0);
/** The code of an authentication request that names the mechanisms to choose from. */
const SASL = 10;

/**
 * The connection for a libpq that does not know that TLS is below it. Over a connection without TLS, libpq takes a
 * server's offer of channel binding (SCRAM-SHA-256-PLUS) for an attack. So this removes the offer.
 *
 * @see https://www.postgresql.org/docs/current/sasl-authentication.html
 */
export function withoutChannelBinding(connection: Duplex): Duplex {
  const messages = new Messages('server');
  let passed = false;
  const filter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (passed) return done(null, chunk);
      // The server's first messages; after them it waits for an answer.
      for (const { type, bytes } of messages.whole(chunk)) {
        this.push(passed ? bytes : withoutOffer(bytes));
        passed ||= type !== NEGOTIATE_VERSION;
      }
      done(null, passed ? messages.rest() : undefined);
    },
  });
  pipeline(connection, filter, () => {});
  return Duplex.from({ writable: connection, readable: filter });
}

/** The message unchanged; if it offers SASL mechanisms, without those that use channel binding. */
function withoutOffer(message: Buffer): Buffer {
  if (message[0] !== AUTHENTICATION || message.readUInt32BE(5) !== SASL) return message;
  const offered = message.subarray(9).toString('latin1').split('\0').filter(Boolean);
  const left = offered.filter((mechanism) => !mechanism.endsWith('-PLUS'));
  const body = Buffer.from(`${left.map((mechanism) => `${mechanism}\0`).join('')}\0`, 'latin1');
  const head = Buffer.alloc(9);
  head[0] = AUTHENTICATION;
  head.writeUInt32BE(8 + body.length, 1);
  head.writeUInt32BE(SASL, 5);
  return Buffer.concat([head, body]);
}
