import { Transform } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { behindLine, UNQUOTED } from '../../sql/quoting.ts';
import { hasSecrets, maskSecrets } from './mask.ts';
import { respell } from './respell.ts';

/**
 * Lines that depend on the client, the time or the server's minor version, but not on the schema: the version comments,
 * the random \restrict token (since 17.6 and the minor releases of the same day), and the timeouts that each version of
 * pg_dump switches off at its start.
 */
export const NOISE =
  /^(?:-- Dumped (?:from database|by pg_dump) version .*|\\(?:un)?restrict \S+|SET (?:statement_timeout|lock_timeout|idle_in_transaction_session_timeout|transaction_timeout) = 0;)$/;

const BY = /^-- Dumped by pg_dump version (\S+)/;

/** pg_dump's comment before each object. Names in it are not quoted; only line breaks are replaced. */
export const HEADER = /^-- Name: (.*); Type: (.*?); Schema: (.*); Owner: .*$/;

/** The last line of pg_dump; if it is missing, the dump is incomplete. */
export const COMPLETE = '-- PostgreSQL database dump complete';

/**
 * Makes plain schema dumps comparable: the same schema gives the same bytes, even after a dump was loaded and dumped
 * again. Removes noise and repeated blank lines, but only outside of literals, function bodies and comments. Masks
 * secrets.
 */
export class CanonicalDump extends Transform {
  /** True once pg_dump's last line has been seen. */
  complete = false;
  /** The version of pg_dump that wrote it: `17.6`. Undefined until its line was seen. */
  version: string | undefined;
  #decoder = new StringDecoder('utf8');
  #rest = '';
  #quoting = UNQUOTED;
  #blank = true;
  /** The kind of object in the last header, and its text so far. */
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
    // Drop an incomplete object that may have secrets: it is not known where a secret in it ends.
    done();
  }

  #lines(lines: string[]): string {
    let done = '';
    for (const line of lines) {
      if (this.#quoting.open === '') {
        if (NOISE.test(line)) {
          this.version ??= BY.exec(line)?.[1];
          continue;
        }
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

  /** The whole object after the last header: secrets, and text with several spellings, may span lines. */
  #object(): string {
    const text = respell(this.#text);
    this.#text = '';
    return hasSecrets(this.#kind) ? maskSecrets(this.#kind, text).text : text;
  }
}
