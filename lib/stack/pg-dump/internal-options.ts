import { Transform, type TransformCallback } from 'node:stream';
import { Messages } from '../postgres/messages.ts';

/**
 * Servers from the minor releases of November 2026 on (17.12) keep a version among the options of each column, which
 * their own pg_dump leaves out. For one that is older, like ours, each column would differ from that of any other
 * database, and a dump could not be restored by an older server. So it is left out where pg_dump asks for it.
 */
const ASKED = "array_to_string(a.attoptions, ', ')";
const WITHOUT =
  "array_to_string(ARRAY(SELECT o FROM pg_catalog.unnest(a.attoptions) AS o WHERE o !~ '^pg_attver='), ', ')";

const QUERY = 'Q'.charCodeAt(0);

/** What a client sends to a server, with that question changed. */
export class WithoutInternalOptions extends Transform {
  readonly #messages = new Messages('client');

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    for (const { type, bytes } of this.#messages.whole(chunk))
      this.push(type === QUERY ? changed(bytes) : bytes);
    done();
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#messages.rest());
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
