import { behindToken, closingAt, tokens, UNQUOTED } from './quoting.ts';
import { trimmed } from './trimmed.ts';

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

/** Lines that are kept one by one, before they are put together. */
const PIECES = 4096;

/** Characters of comments and white space that are kept as part of the statement behind them. */
const KEPT_COMMENT = 65_536;

/**
 * Finds the semicolons that end statements, line by line: those outside of literals, comments, parentheses and the
 * bodies of SQL functions (BEGIN ATOMIC … END).
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

  /** @param onCommand is told of each backslash command (`\connect`) but `\set ON_ERROR_STOP`, and may throw */
  constructor(onCommand: (command: string, line: number) => void) {
    this.#onCommand = onCommand;
  }

  /** Whether nothing is open: what comes next begins a statement. */
  get isBetween(): boolean {
    return this.#words.length === 0 && this.#quoting.open === '';
  }

  /** Whether a literal, name, comment or body would go on behind this. */
  get isOpen(): boolean {
    return this.#quoting.open !== '' || this.#parentheses > 0 || this.#blocks > 0;
  }

  /** The line that was read last, from 1. */
  get line(): number {
    return this.#line;
  }

  /** The line on which the statement begins that is not at its end yet, and its bytes so far. */
  get pending(): { readonly line: number; readonly length: number } {
    return { line: this.#began, length: this.#length };
  }

  /** Counts lines that are not SQL. */
  skipLines(count: number): void {
    this.#line += count;
  }

  /** @param line with its line break @returns the statements that end on it */
  feed(line: string): Statement[] {
    this.#line += 1;
    // However long a file is that has nothing but comments and white space, it is not kept.
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
        // What stands before a backslash command waits for its semicolon behind it.
        line = line.slice(0, found.index) + (line.endsWith('\n') ? '\n' : '');
      } else {
        this.#read(token);
      }
    }
    const rest = line.slice(start);
    this.#keep(rest);
    return ended;
  }

  /** What is left behind the last semicolon. */
  end(): Statement[] {
    return this.#finish();
  }

  #keep(text: string): void {
    this.#text.push(text);
    this.#length += Buffer.byteLength(text);
    // Millions of short lines take many times what is in them.
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

  /** Only CREATE FUNCTION and PROCEDURE may hold BEGIN ATOMIC; inside, CASE has an END as well. */
  #blockChange(word: string): number {
    const [first, ...rest] = this.#words;
    if (first !== 'CREATE' || !rest.some((other) => /^(FUNCTION|PROCEDURE)$/.test(other))) return 0;
    if (word === 'ATOMIC' && this.#previous === 'BEGIN') return 1;
    if (this.#blocks > 0 && word === 'CASE') return 1;
    return this.#blocks > 0 && word === 'END' ? -1 : 0;
  }

  /** `\set ON_ERROR_STOP` with psql's own words for yes and no; all else is somebody else's. */
  #command(command: string): void {
    // psql would run a second command on the line.
    const [, value] = command.match(/^\\set\s+ON_ERROR_STOP\b\s*([^\s\\]*)\s*$/i) ?? [];
    if (value !== undefined) this.#stopOnError = !/^(0|off?|no?|f(alse)?)$/i.test(value);
    else this.#onCommand(command.match(/^\\\S*/)![0], this.#line);
  }
}
