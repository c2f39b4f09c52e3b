import { Transform } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { hasSecrets, maskSecrets } from './mask.ts';
import { respell } from './respell.ts';

/** Where in SQL text a line begins: outside everything, or inside what began on an earlier line. */
export type State =
  | { readonly inside: 'nothing' }
  /** A literal or a quoted name, up to the same character. */
  | { readonly inside: 'quotes'; readonly end: string }
  /** `$$ … $$` or `$tag$ … $tag$`. */
  | { readonly inside: 'dollars'; readonly end: string }
  | { readonly inside: 'comment'; readonly depth: number };

export const NOTHING: State = { inside: 'nothing' };

/**
 * Lines that depend on the client, the moment or the server's minor version, but not on the schema: the version
 * comments, the random \restrict token (17.6 and the minors of the same day), and the timeouts that each version of
 * pg_dump switches off at its start.
 */
export const NOISE =
  /^(?:-- Dumped (?:from database|by pg_dump) version .*|\\(?:un)?restrict \S+|SET (?:statement_timeout|lock_timeout|idle_in_transaction_session_timeout|transaction_timeout) = 0;)$/;

/** pg_dump's line in front of each object. Names in it are as they are, but for line breaks. */
export const HEADER = /^-- Name: (.*); Type: (.*?); Schema: (.*); Owner: .*$/;

/** pg_dump writes this last; without it the dump was cut. */
export const COMPLETE = '-- PostgreSQL database dump complete';

/**
 * Makes plain schema dumps comparable: the same schema gives the same bytes, also once it was loaded from here. Noise is
 * taken out and blank lines are folded, both only outside of literals, function bodies and comments, whose lines pass
 * untouched. Secrets are masked.
 */
export class CanonicalDump extends Transform {
  /** True once pg_dump's own last line has passed. */
  complete = false;
  #decoder = new StringDecoder('utf8');
  #rest = '';
  #state = NOTHING;
  #blank = true;
  /** pg_dump's word for the object that the last header announced, and its text so far. */
  #kind = '';
  #text = '';

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop()!;
    this.push(this.#lines(lines));
    done();
  }

  override _flush(done: () => void): void {
    const last = this.#rest + this.#decoder.end();
    if (last !== '') this.push(this.#lines([last]));
    if (!hasSecrets(this.#kind) || this.complete) this.push(this.#object());
    // What is still held back is cut, and nobody can say where a secret in it ends.
    done();
  }

  #lines(lines: string[]): string {
    let done = '';
    for (const line of lines) {
      if (this.#state.inside === 'nothing') {
        if (NOISE.test(line)) continue;
        const blank = line === '';
        if (blank && this.#blank) continue;
        this.#blank = blank;
        if (line.startsWith('-- ')) {
          done += this.#object();
          if (line === COMPLETE) this.complete = true;
          this.#kind = HEADER.exec(line)?.[2] ?? '';
        }
      } else {
        this.#blank = false;
      }
      this.#state = after(line, this.#state);
      this.#text += `${line}\n`;
    }
    return done;
  }

  /** What the last header announced, as a whole: secrets and what is spelled in several ways may go over lines. */
  #object(): string {
    const text = respell(this.#text);
    this.#text = '';
    return hasSecrets(this.#kind) ? maskSecrets(this.#kind, text).text : text;
  }
}

const OPENING = /'|"|--|\/\*|(?<![\w$\u0080-\uffff])\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/g;
const COMMENT_EDGE = /\/\*|\*\//g;

/**
 * The state after a line. A doubled quote closes and opens again, which is the same. Backslashes need no care:
 * pg_dump writes a quote inside a literal as two quotes, also in E'…'.
 */
export function after(line: string, before: State): State {
  let state = before;
  let position = 0;
  for (;;) {
    if (state.inside === 'nothing') {
      OPENING.lastIndex = position;
      const found = OPENING.exec(line);
      if (!found || found[0] === '--') return NOTHING;
      position = OPENING.lastIndex;
      if (found[0] === '/*') state = { inside: 'comment', depth: 1 };
      else if (found[0] === "'" || found[0] === '"') state = { inside: 'quotes', end: found[0] };
      else state = { inside: 'dollars', end: found[0] };
    } else if (state.inside === 'comment') {
      COMMENT_EDGE.lastIndex = position;
      const found = COMMENT_EDGE.exec(line);
      if (!found) return state;
      position = COMMENT_EDGE.lastIndex;
      const depth: number = state.depth + (found[0] === '/*' ? 1 : -1);
      state = depth === 0 ? NOTHING : { inside: 'comment', depth };
    } else {
      const end = line.indexOf(state.end, position);
      if (end < 0) return state;
      position = end + state.end.length;
      state = NOTHING;
    }
  }
}
