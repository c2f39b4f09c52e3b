import { type Statement } from './lexer.ts';
/** The mark of UTF-8 at the beginning of a file. */
export declare const MARK: Buffer<ArrayBuffer>;
/**
 * Bytes of one statement at the most, data of COPY excepted: they are streamed. The server takes 1 GB, but holds it
 * several times; so would we.
 */
export declare const LONGEST_STATEMENT: number;
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
  /** Whether data of COPY may be no UTF-8: those of a database without encoding. */
  readonly anyEncoding?: () => boolean;
}
/**
 * Reads a script of any size, and holds one statement of it at the most. Every byte comes out as it is, but for a mark of
 * the encoding in front of all.
 *
 * @throws Error with the line, where the script ends in the middle of something, is not text, or has a statement that is
 *   longer than is held
 */
export declare function readScript(
  source: AsyncIterable<Buffer>,
  { onCommand, onLine, anyEncoding }: Reading,
): AsyncGenerator<ScriptItem>;
