import { Transform } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { behindLine, UNQUOTED } from '../../sql/quoting.ts';
import { hasSecrets, maskSecrets } from './mask.ts';
import { respell } from './respell.ts';

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
  #quoting = UNQUOTED;
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
      if (this.#quoting.open === '') {
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
      this.#quoting = behindLine(line, this.#quoting);
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
