/** One message of the server's protocol. */
export interface Message {
  /** The byte that says what it is; undefined for what a client sends until the session is started. */
  readonly type: number | undefined;
  /** All of it: type, length and body. */
  readonly bytes: Buffer;
}

/** Of protocol 3, in the first two bytes of a start-up message; requests for encryption have another number there. */
const STARTS = 3;

/**
 * Takes the messages of one direction of a connection out of its bytes, in whatever pieces these come.
 *
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export class Messages {
  #bytes: Buffer = Buffer.alloc(0);
  #started: boolean;

  /** @param from who sends them: a client's first messages have no type */
  constructor(from: 'client' | 'server') {
    this.#started = from === 'server';
  }

  /** The messages that are whole with these bytes. */
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

  /** The beginning of a message that is not whole; it is taken out. */
  rest(): Buffer {
    const rest = this.#bytes;
    this.#bytes = Buffer.alloc(0);
    return rest;
  }
}
