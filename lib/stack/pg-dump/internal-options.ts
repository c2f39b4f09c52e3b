import { Transform, type TransformCallback } from 'node:stream';
import { Messages } from '../postgres/messages.ts';

/**
 * Servers since the minor releases of November 2026 (17.12) store a version in the options of each column. Their own
 * pg_dump leaves it out, but an older pg_dump, like ours, dumps it: then all columns would differ from those of other
 * databases, and an older server could not restore the dump. So we change pg_dump's query to leave it out.
 */
const ASKED = "array_to_string(a.attoptions, ', ')";
const WITHOUT =
  "array_to_string(ARRAY(SELECT o FROM pg_catalog.unnest(a.attoptions) AS o WHERE o !~ '^pg_attver='), ', ')";

const QUERY = 'Q'.charCodeAt(0);

/** Passes on what a client sends to a server, with that query changed. */
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

/** Works on bytes (latin1), because the query may be in any encoding. */
function changed(message: Buffer): Buffer {
  const text = message.toString('latin1');
  if (!text.includes(ASKED)) return message;
  const result = Buffer.from(text.replace(ASKED, WITHOUT), 'latin1');
  result.writeUInt32BE(result.length - 1, 1);
  return result;
}
