import { Splitter, type Statement } from './script.ts';

const LINE_BREAK = 10;
/** Bytes of COPY data that are handed on at once. */
const BATCH = 65_536;

/** The lines of a stream, one after the other, as bytes: data may be in any encoding. */
export class LineReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #bytes = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** With its line break, which the last one may lack; undefined at the end. */
  async next(): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    for (;;) {
      const end = this.#bytes.indexOf(LINE_BREAK);
      if (end >= 0) {
        parts.push(this.#bytes.subarray(0, end + 1));
        this.#bytes = this.#bytes.subarray(end + 1);
        break;
      }
      parts.push(this.#bytes);
      const chunk = await this.#chunks.next();
      this.#bytes = chunk.done ? Buffer.alloc(0) : (chunk.value as Buffer<ArrayBuffer>);
      if (chunk.done) break;
    }
    const line = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    return line.length === 0 ? undefined : line;
  }
}

/** A statement, with the data that follow it in the script when it is `COPY … FROM stdin`. To be read to their end. */
export interface ScriptItem {
  readonly statement: Statement;
  readonly data?: AsyncIterable<Buffer>;
}

export interface Reading {
  /** Told of each backslash command but `\set ON_ERROR_STOP`; may throw. */
  readonly onCommand: (command: string, line: number) => void;
  /** Told of each line on which no statement is under way, before it is split. */
  readonly onLine?: (line: string) => void;
}

/**
 * Reads a script of any size.
 *
 * @throws Error when the script ends in the middle of something, or is not text
 */
export async function* readScript(
  source: AsyncIterable<Buffer>,
  { onCommand, onLine = () => {} }: Reading,
): AsyncGenerator<ScriptItem> {
  const lines = new LineReader(source);
  const splitter = new Splitter(onCommand);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const text = (line: Buffer): string => {
    if (line.includes(0)) throw new Error('it is not text');
    try {
      return decoder.decode(line);
    } catch {
      throw new Error('it is not text in UTF-8');
    }
  };
  for (let bytes = await lines.next(); bytes !== undefined; bytes = await lines.next()) {
    const line = text(bytes);
    if (splitter.isBetween) onLine(line);
    for (const statement of splitter.feed(line)) {
      yield statement.copies ? { statement, data: copyData(lines, splitter) } : { statement };
    }
  }
  if (splitter.isOpen) throw new Error('it is cut in the middle of a statement');
  for (const statement of splitter.end()) yield { statement };
}

/** The lines up to `\.`, many at a time. */
async function* copyData(lines: LineReader, splitter: Splitter): AsyncGenerator<Buffer> {
  let batch: Buffer[] = [];
  let size = 0;
  for (;;) {
    const line = await lines.next();
    if (line === undefined) throw new Error("it is cut in the middle of a table's data");
    splitter.skipLine();
    if (line[0] === 0x5c && line[1] === 0x2e && /^\\\.\r?\n?$/.test(line.toString('latin1'))) break;
    batch.push(line);
    size += line.length;
    if (size < BATCH) continue;
    yield Buffer.concat(batch);
    [batch, size] = [[], 0];
  }
  if (size > 0) yield Buffer.concat(batch);
}
