/** One statement of a script. */
export interface Statement {
  readonly sql: string;
  /** The line that it ends on, from 1: the one that psql names in its errors. */
  readonly line: number;
  /** What `\set ON_ERROR_STOP` said last before it; off at first, as in psql. */
  readonly stopOnError: boolean;
  /** Its first words, four at the most, in upper case. */
  readonly words: readonly string[];
  /** `COPY … FROM stdin`: the lines up to `\.` are its data. */
  readonly copies: boolean;
}
/**
 * Finds the semicolons that end statements, line by line: those outside of literals, comments, parentheses and the
 * bodies of SQL functions (BEGIN ATOMIC … END).
 */
export declare class Splitter {
  #private;
  /** @param onCommand is told of each backslash command (`\connect`) but `\set ON_ERROR_STOP`, and may throw */
  constructor(onCommand: (command: string, line: number) => void);
  /** Whether nothing is open: what comes next begins a statement. */
  get isBetween(): boolean;
  /** Whether a literal, name, comment or body would go on behind this. */
  get isOpen(): boolean;
  /** The line that was read last, from 1. */
  get line(): number;
  /** The line on which the statement begins that is not at its end yet, and its bytes so far. */
  get pending(): {
    readonly line: number;
    readonly length: number;
  };
  /** Counts lines that are not SQL. */
  skipLines(count: number): void;
  /** @param line with its line break @returns the statements that end on it */
  feed(line: string): Statement[];
  /** What is left behind the last semicolon. */
  end(): Statement[];
}
