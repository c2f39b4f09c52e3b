/** One message of the server's protocol. */
export interface Message {
  /** The byte that says what it is; undefined for what a client sends until the session is started. */
  readonly type: number | undefined;
  /** All of it: type, length and body. */
  readonly bytes: Buffer;
}
/**
 * Takes the messages of one direction of a connection out of its bytes, in whatever pieces these come.
 *
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export declare class Messages {
  #private;
  /** @param from who sends them: a client's first messages have no type */
  constructor(from: 'client' | 'server');
  /** The messages that are whole with these bytes. */
  whole(chunk: Uint8Array): Generator<Message>;
  /** The beginning of a message that is not whole; it is taken out. */
  rest(): Buffer;
}
