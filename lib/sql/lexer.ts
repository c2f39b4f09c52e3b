import { behindToken, closingAt, tokens, UNQUOTED } from './quoting.ts';
import { trimmed } from './trimmed.ts';

/** One statement of a script. */
export interface Statement {
  readonly sql: string;
  /** The line that it ends on, from 1. psql's errors name the same line. */
  readonly line: number;
  /** The last `\set ON_ERROR_STOP` before it; off at first, as in psql. */
  readonly stopOnError: boolean;
  /** Its first words, at most four, in upper case. */
  readonly words: readonly string[];
  /** Whether it is `COPY … FROM stdin`: then the lines up to `\.` are its data. */
  readonly copies: boolean;
}

/** Number of pieces after which they are joined. */
const PIECES = 4096;

/** Maximum length of comments and white space that stay part of the statement after them. */
const KEPT_COMMENT = 65_536;

/**
 * Splits SQL at the semicolons that end statements, line by line. It ignores semicolons in literals, comments,
 * parentheses and the bodies of SQL functions (BEGIN ATOMIC … END).
 */
export class Splitter {
  readonly #onCommand: (command: string, line: number) => void;
  /** The statement so far. */
  #text: string[] = [];
  readonly #blocksOfText: string[] = [];
  #length = 0;
  #line = 0;
  #began = 0;
  #quoting = UNQUOTED;
  #parentheses = 0;
  #blocks = 0;
  #words: string[] = [];
  #previous = '';
  #copies = false;
  #stopOnError = false;

  /** @param onCommand is called with each psql command (`\connect`), except `\set ON_ERROR_STOP`; may throw */
  constructor(onCommand: (command: string, line: number) => void) {
    this.#onCommand = onCommand;
  }

  /** Whether the next token begins a statement. */
  get isBetween(): boolean {
    return this.#words.length === 0 && this.#quoting.open === '';
  }

  /** Whether a literal, name, comment, parenthesis or function body is not closed yet. */
  get isOpen(): boolean {
    return this.#quoting.open !== '' || this.#parentheses > 0 || this.#blocks > 0;
  }

  /** Number of the last line, from 1. */
  get line(): number {
    return this.#line;
  }

  /** The first line and the bytes of the statement that has not ended yet. */
  get pending(): { readonly line: number; readonly length: number } {
    return { line: this.#began, length: this.#length };
  }

  /** Counts lines that are not SQL. */
  skipLines(count: number): void {
    this.#line += count;
  }

  /** Reads the next line. @param line with its line break @returns the statements that end on it */
  feed(line: string): Statement[] {
    this.#line += 1;
    // Comments and white space between statements are dropped when they get too long, so memory stays bounded.
    if (this.isBetween && this.#length > KEPT_COMMENT) {
      [this.#text, this.#length] = [[], 0];
      this.#blocksOfText.length = 0;
    }
    if (this.isBetween) this.#began = this.#line;
    const ended: Statement[] = [];
    let start = 0;
    for (let at = 0; at < line.length;) {
      if (this.#quoting.open !== '') {
        ({ end: at, behind: this.#quoting } = closingAt(line, at, this.#quoting));
        continue;
      }
      tokens.lastIndex = at;
      const found = tokens.exec(line);
      if (!found) break;
      const [token] = found;
      at = tokens.lastIndex;
      if (token === ';' && this.#parentheses <= 0 && this.#blocks === 0) {
        this.#keep(line.slice(start, at));
        ended.push(...this.#finish());
        start = at;
      } else if (token === '\\') {
        this.#command(line.slice(found.index).trimEnd());
        // The text before a psql command stays open; its semicolon may follow on a later line.
        line = line.slice(0, found.index) + (line.endsWith('\n') ? '\n' : '');
      } else {
        this.#read(token);
      }
    }
    const rest = line.slice(start);
    this.#keep(rest);
    return ended;
  }

  /** The rest after the last semicolon. */
  end(): Statement[] {
    return this.#finish();
  }

  #keep(text: string): void {
    this.#text.push(text);
    this.#length += Buffer.byteLength(text);
    // Millions of short strings need many times the memory of their text.
    if (this.#text.length >= PIECES) this.#blocksOfText.push(this.#text.splice(0).join(''));
  }

  #finish(): Statement[] {
    const sql = trimmed(this.#blocksOfText.splice(0).join('') + this.#text.join(''));
    const statement = {
      ...{ sql, line: this.#line, stopOnError: this.#stopOnError },
      ...{ words: this.#words, copies: this.#copies },
    };
    const isEmpty = this.#words.length === 0;
    [this.#text, this.#length, this.#words, this.#previous, this.#copies] = [[], 0, [], '', false];
    [this.#quoting, this.#parentheses, this.#blocks] = [UNQUOTED, 0, 0];
    return isEmpty ? [] : [statement];
  }

  #read(token: string): void {
    this.#quoting = behindToken(token, this.#quoting);
    if (token === '\n' || token === '/*' || token.startsWith('--')) return;
    if (token === '(' || token === ')') this.#parentheses += token === '(' ? 1 : -1;
    this.#word(token.toUpperCase());
  }

  #word(word: string): void {
    if (this.#words.length < 4) this.#words.push(word);
    if (/^[A-Z_]\w*$/.test(word)) this.#blocks += this.#blockChange(word);
    if (this.#words[0] === 'COPY' && this.#previous === 'FROM' && word === 'STDIN') this.#copies = true;
    this.#previous = word;
  }

  /** Only CREATE FUNCTION and CREATE PROCEDURE may have BEGIN ATOMIC. Inside it, CASE also ends with END. */
  #blockChange(word: string): number {
    const [first, ...rest] = this.#words;
    if (first !== 'CREATE' || !rest.some((other) => /^(FUNCTION|PROCEDURE)$/.test(other))) return 0;
    if (word === 'ATOMIC' && this.#previous === 'BEGIN') return 1;
    if (this.#blocks > 0 && word === 'CASE') return 1;
    return this.#blocks > 0 && word === 'END' ? -1 : 0;
  }

  /** Reads `\set ON_ERROR_STOP` with psql's words for yes and no. Any other command goes to `onCommand`. */
  #command(command: string): void {
    // With a backslash in the value there is a second command on the line: then this is no plain \set.
    const [, value] = command.match(/^\\set\s+ON_ERROR_STOP\b\s*([^\s\\]*)\s*$/i) ?? [];
    if (value !== undefined) this.#stopOnError = !/^(0|off?|no?|f(alse)?)$/i.test(value);
    else this.#onCommand(command.match(/^\\\S*/)![0], this.#line);
  }
}
