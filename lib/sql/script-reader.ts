import { isUtf8 } from 'node:buffer';
import { Splitter, type Statement } from './lexer.ts';

const LINE_BREAK = 10;
/** The byte order mark of UTF-8, at the start of a file. */
export const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Maximum bytes of one statement, without its COPY data, which are streamed. The server accepts up to 1 GB, but needs
 * several times that memory; so would we.
 */
export const LONGEST_STATEMENT = 32 * 1024 ** 2;

/** Throws the error for a script that cannot be read. */
const refuse = (line: number, why: string): never => {
  throw new Error(`line ${line}: ${why}`);
};

/** Reads a stream by lines, or as COPY data, which may have any encoding and lines of any length. */
class Lines {
  readonly #chunks: AsyncIterator<Buffer>;
  #bytes: Buffer = Buffer.alloc(0);
  #atStart = true;

  constructor(source: AsyncIterable<Buffer>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** @returns whether there was more */
  async #load(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done) return false;
    this.#bytes = this.#bytes.length === 0 ? next.value : Buffer.concat([this.#bytes, next.value]);
    // Only at the start of the file it is a byte order mark; elsewhere it is a normal character.
    while (
      this.#atStart &&
      this.#bytes.length < MARK.length &&
      this.#bytes.equals(MARK.subarray(0, this.#bytes.length))
    ) {
      const more = await this.#chunks.next();
      if (more.done) break;
      this.#bytes = Buffer.concat([this.#bytes, more.value]);
    }
    if (this.#atStart && this.#bytes.subarray(0, MARK.length).equals(MARK))
      this.#bytes = this.#bytes.subarray(MARK.length);
    this.#atStart = false;
    return true;
  }

  /** The next line, if it is in the buffer already. Most are, and awaiting each one takes longer than reading it. */
  ready(line: number): string | undefined {
    const end = this.#bytes.indexOf(LINE_BREAK) + 1;
    if (end === 0) return undefined;
    const bytes = this.#bytes.subarray(0, end);
    this.#bytes = this.#bytes.subarray(end);
    return textOf(bytes, line);
  }

  /**
   * @param line its number, for errors
   * @returns the line with its line break, which the last line may lack; undefined at the end
   */
  async next(line: number): Promise<string | undefined> {
    const parts: Buffer[] = [];
    for (let length = 0; ;) {
      const end = this.#bytes.indexOf(LINE_BREAK) + 1;
      const part = end > 0 ? this.#bytes.subarray(0, end) : this.#bytes;
      this.#bytes = this.#bytes.subarray(part.length);
      // Checked before more is read, so that a binary file fails early.
      if (part.includes(0)) refuse(line, ZERO);
      parts.push(part);
      length += part.length;
      if (length > LONGEST_STATEMENT) refuse(line, TOO_LONG);
      if (end > 0 || !(await this.#load())) break;
    }
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    return bytes.length === 0 ? undefined : textOf(bytes, line);
  }

  /**
   * The COPY data up to the line `\.`, without that line.
   *
   * @param count is called with the number of lines of each piece before the piece is yielded, and for the last line
   */
  async *data(
    count: (lines: number) => void,
    what: () => { line: number; anyEncoding: boolean },
  ): AsyncGenerator<Buffer> {
    let atStart = true;
    let tail: Buffer = Buffer.alloc(0);
    for (;;) {
      const mayEnd = atStart && this.#bytes[0] === 0x5c;
      if (this.#bytes.length === 0 || (mayEnd && this.#bytes.length < 4)) {
        const more = await this.#load();
        if (more) continue;
        if (this.#bytes.length === 0) throw new Error("it is cut in the middle of a table's data");
      }
      const [end] = (mayEnd && /^\\\.(?:\r?\n|\r?$)/.exec(this.#bytes.toString('latin1', 0, 4))) || [];
      if (end !== undefined) {
        this.#bytes = this.#bytes.subarray(end.length);
        if (tail.length > 0) refuse(what().line, NOT_UTF8);
        return count(1);
      }
      const piece = this.#bytes.subarray(0, this.#pieceLength());
      this.#bytes = this.#bytes.subarray(piece.length);
      atStart = piece.at(-1) === LINE_BREAK;
      const broken = piece.indexOf(0);
      if (broken >= 0) refuse(what().line + lineBreaks(piece.subarray(0, broken)), 'it holds a zero byte');
      if (!what().anyEncoding) tail = checkUtf8(tail, piece, what().line);
      count(lineBreaks(piece));
      yield piece;
    }
  }

  /** Length of the part of the buffer that certainly belongs to the data. */
  #pieceLength(): number {
    const { length } = this.#bytes;
    const end = this.#bytes.indexOf('\n\\.');
    if (end >= 0) return end + 1;
    const last = this.#bytes.lastIndexOf(LINE_BREAK) + 1;
    return last > 0 && length - last < 4 ? last : length;
  }
}

const ZERO = 'it is not text: it holds a zero byte';

function textOf(bytes: Buffer, line: number): string {
  if (bytes.includes(0)) refuse(line, ZERO);
  if (!isUtf8(bytes)) refuse(line, 'it is not text in UTF-8');
  return bytes.toString('utf8');
}

const TOO_LONG = `a statement of more than ${LONGEST_STATEMENT / 1024 ** 2} MB, which is not taken; COPY … FROM stdin takes data of any size`;
const NOT_UTF8 = 'its data are not text in UTF-8';

function lineBreaks(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_BREAK); at >= 0; at = bytes.indexOf(LINE_BREAK, at + 1)) count += 1;
  return count;
}

/** @returns the start of a character that is cut at the end of the piece */
function checkUtf8(tail: Buffer, piece: Buffer, line: number): Buffer {
  const bytes = tail.length === 0 ? piece : Buffer.concat([tail, piece]);
  let cut = bytes.length;
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    if (needed > back) cut = bytes.length - back;
    break;
  }
  const whole = bytes.subarray(0, cut);
  if (isUtf8(whole)) return bytes.subarray(cut);
  let at = line;
  for (let from = 0; from < whole.length; at++) {
    const end = whole.indexOf(LINE_BREAK, from) + 1 || whole.length;
    if (!isUtf8(whole.subarray(from, end))) break;
    from = end;
  }
  return refuse(at, NOT_UTF8);
}

/**
 * A statement, and the data that follow it if it is `COPY … FROM stdin`. The caller has to read the data to their end.
 */
export interface ScriptItem {
  readonly statement: Statement;
  readonly data?: AsyncIterable<Buffer>;
}

export interface Reading {
  /** Is called with each psql command, except `\set ON_ERROR_STOP`; may throw. */
  readonly onCommand: (command: string, line: number) => void;
  /** Is called with each line that does not continue a statement, before it is split. */
  readonly onLine?: (line: string) => void;
  /** Whether COPY data may have another encoding than UTF-8: in a database with SQL_ASCII. */
  readonly anyEncoding?: () => boolean;
}

/**
 * Reads a script of any size, with at most one statement in memory. All bytes come out unchanged, except a byte order
 * mark at the start.
 *
 * @throws Error with the line, if the script ends inside a statement, is not text, or has a statement that is too long
 */
export async function* readScript(
  source: AsyncIterable<Buffer>,
  { onCommand, onLine = () => {}, anyEncoding = () => false }: Reading,
): AsyncGenerator<ScriptItem> {
  const lines = new Lines(source);
  const splitter = new Splitter(onCommand);
  for (;;) {
    const line = lines.ready(splitter.line + 1) ?? (await lines.next(splitter.line + 1));
    if (line === undefined) break;
    if (splitter.isBetween) onLine(line);
    for (const statement of splitter.feed(line)) {
      yield statement.copies ? { statement, data: copyData(lines, splitter, anyEncoding) } : { statement };
    }
    if (splitter.pending.length > LONGEST_STATEMENT) refuse(splitter.pending.line, TOO_LONG);
  }
  if (splitter.isOpen)
    throw new Error(`it is cut in the middle of a statement that begins on line ${splitter.pending.line}`);
  for (const statement of splitter.end()) yield { statement };
}

const copyData = (lines: Lines, splitter: Splitter, anyEncoding: () => boolean): AsyncGenerator<Buffer> =>
  lines.data(
    (count) => splitter.skipLines(count),
    () => ({ line: splitter.line + 1, anyEncoding: anyEncoding() }),
  );
