import { Transform, type TransformCallback } from 'node:stream';

/**
 * Servers from the minor releases of November 2026 on (17.12) keep a version among the options of each column, which
 * their own pg_dump leaves out. For one that is older, like ours, each column would differ from that of any other
 * database, and a dump could not be restored by an older server. So it is left out where pg_dump asks for it.
 */
const ASKED = "array_to_string(a.attoptions, ', ')";
const WITHOUT =
  "array_to_string(ARRAY(SELECT o FROM pg_catalog.unnest(a.attoptions) AS o WHERE o !~ '^pg_attver='), ', ')";

const QUERY = 'Q'.charCodeAt(0);

/**
 * What a client sends to a server, with that question changed.
 *
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export class WithoutInternalOptions extends Transform {
  #known: Buffer = Buffer.alloc(0);
  /** Messages before the session's first one, and that, have no type in front of their length. */
  #started = false;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#known = Buffer.concat([this.#known, chunk]);
    for (;;) {
      const start = this.#started ? 1 : 0;
      if (this.#known.length < start + 4) break;
      const end = start + this.#known.readUInt32BE(start);
      if (this.#known.length < end) break;
      const message = this.#known.subarray(0, end);
      this.#known = this.#known.subarray(end);
      this.push(this.#started && message[0] === QUERY ? changed(message) : message);
      // Version 3 of the protocol; anything else there asks for encryption.
      this.#started ||= message.readUInt16BE(4) === 3;
    }
    done();
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#known);
  }
}

/** As bytes, because a query is in the encoding of the session. */
function changed(message: Buffer): Buffer {
  const text = message.toString('latin1');
  if (!text.includes(ASKED)) return message;
  const result = Buffer.from(text.replace(ASKED, WITHOUT), 'latin1');
  result.writeUInt32BE(result.length - 1, 1);
  return result;
}
