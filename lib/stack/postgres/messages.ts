/** One message of PostgreSQL's protocol. */
export interface Message {
  /** The byte that names its type; undefined for messages of a client up to its start-up message, which have none. */
  readonly type: number | undefined;
  /** All of it: type, length and body. */
  readonly bytes: Buffer;
}

/** The major version of the protocol, in a start-up message. Requests for encryption have another number there. */
const STARTS = 3;

/**
 * Splits the bytes of one direction of a connection into messages. The bytes may come in chunks of any size.
 *
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export class Messages {
  #bytes: Buffer = Buffer.alloc(0);
  #started: boolean;

  /** @param from who sends the bytes: the first messages of a client have no type */
  constructor(from: 'client' | 'server') {
    this.#started = from === 'server';
  }

  /** Adds bytes. @returns the messages that are complete now */
  *whole(chunk: Uint8Array): Generator<Message> {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (;;) {
      const head = this.#started ? 1 : 0;
      if (this.#bytes.length < head + 4) return;
      const end = head + this.#bytes.readUInt32BE(head);
      if (this.#bytes.length < end) return;
      const bytes = this.#bytes.subarray(0, end);
      this.#bytes = this.#bytes.subarray(end);
      const type = this.#started ? bytes[0] : undefined;
      this.#started ||= bytes.readUInt16BE(4) === STARTS;
      yield { type, bytes };
    }
  }

  /** Removes and returns the beginning of a message that is not complete. */
  rest(): Buffer {
    const rest = this.#bytes;
    this.#bytes = Buffer.alloc(0);
    return rest;
  }
}
