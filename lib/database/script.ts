import type { Client } from 'pg';
import { ConfigurationError, messageOf } from '../errors.ts';
import type { ScriptError } from '../stack/stack.ts';

/** One statement of a script. */
export interface Statement {
  readonly sql: string;
  /** The line that it ends on, from 1: the one that psql names in its errors. */
  readonly line: number;
  /** What `\set ON_ERROR_STOP` said last before it; off at first, as in psql. */
  readonly stopOnError: boolean;
}

/**
 * Runs a script statement by statement, to its end or, where it has ON_ERROR_STOP set, to the first error.
 *
 * @throws ConfigurationError for a backslash command that only psql knows
 */
export async function runStatements(client: Client, script: string, file = ''): Promise<ScriptError[]> {
  const errors: ScriptError[] = [];
  for (const { sql, line, stopOnError } of splitStatements(script, file)) {
    try {
      await client.query(sql);
    } catch (error) {
      errors.push({ line, message: messageOf(error) });
      if (stopOnError) break;
    }
  }
  return errors;
}

/** What may stand between the parts of a statement and must not be mistaken for its end. */
const TOKEN =
  /--[^\n]*|\/\*|\bE'|'|"|(?<![\w$\u0080-\uffff])\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$|[();\n\\]|[A-Za-z_]\w*|\S/gi;

/** What has an end of its own. */
const OPENING = /^(?:\/\*|E?'|"|\$.*\$)$/i;

/**
 * Splits a script at the semicolons that end statements: outside of literals, comments, parentheses and the bodies of
 * SQL functions (BEGIN ATOMIC … END).
 *
 * @throws ConfigurationError naming command and line for a backslash command other than `\set ON_ERROR_STOP`
 */
export function splitStatements(script: string, file = ''): Statement[] {
  const statements: Statement[] = [];
  let start = 0;
  let line = 1;
  let parentheses = 0;
  let blocks = 0;
  let words: string[] = [];
  let stopOnError = false;
  const finish = (end: number): void => {
    if (words.length > 0) statements.push({ sql: script.slice(start, end).trim(), line, stopOnError });
    start = end;
    [parentheses, blocks, words] = [0, 0, []];
  };
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(script); found; found = TOKEN.exec(script)) {
    const [token] = found;
    const from = found.index;
    if (token === '\n') line += 1;
    else if (token === '(' || token === ')') {
      parentheses += token === '(' ? 1 : -1;
      words.push(token);
    } else if (token === ';') {
      if (parentheses <= 0 && blocks === 0) finish(from + 1);
    } else if (token === '\\') {
      const end = lineEnd(script, from);
      stopOnError = readCommand(script.slice(from, end), `${file && `${file}, `}line ${line}`);
      // What stands before a backslash command waits for its semicolon behind it.
      script = script.slice(0, from) + ' '.repeat(end - from) + script.slice(end);
    } else if (/^[a-z_]\w*$/i.test(token)) {
      const word = token.toUpperCase();
      words.push(word);
      blocks += blockChange(word, words, blocks);
    } else if (!OPENING.test(token)) {
      if (!token.startsWith('--')) words.push(token);
    } else {
      const end = quotedEnd(script, from, token);
      if (token !== '/*') words.push(token);
      line += script.slice(from, end).split('\n').length - 1;
      TOKEN.lastIndex = end;
    }
  }
  // psql counts the lines that it has read; behind the last line break there is none.
  if (script.endsWith('\n')) line -= 1;
  finish(script.length);
  return statements;
}

/** Only CREATE FUNCTION and PROCEDURE may hold BEGIN ATOMIC; inside, CASE has an END as well. */
function blockChange(word: string, words: readonly string[], blocks: number): number {
  const routine =
    words[0] === 'CREATE' && words.slice(1, 4).some((other) => /^(FUNCTION|PROCEDURE)$/.test(other));
  if (!routine) return 0;
  if (word === 'ATOMIC' && words.at(-2) === 'BEGIN') return 1;
  if (blocks > 0 && word === 'CASE') return 1;
  return blocks > 0 && word === 'END' ? -1 : 0;
}

/** Where a literal, quoted name or block comment that begins at `from` ends. */
function quotedEnd(script: string, from: number, opening: string): number {
  const begin = from + opening.length;
  if (opening === '/*') {
    const edge = /\/\*|\*\//g;
    edge.lastIndex = begin;
    for (let depth = 1, found = edge.exec(script); found; found = edge.exec(script)) {
      depth += found[0] === '/*' ? 1 : -1;
      if (depth === 0) return edge.lastIndex;
    }
    return script.length;
  }
  if (opening.toUpperCase() === "E'") {
    // A literal that goes on behind a line break is still the same one.
    const end = /(?:\\.|''|[^'\\])*'(?:(?:[^\S\n]*(?:--[^\n]*)?\n)+\s*'(?:\\.|''|[^'\\])*')*/sy;
    end.lastIndex = begin;
    return end.exec(script) ? end.lastIndex : script.length;
  }
  const end = script.indexOf(opening, begin);
  return end < 0 ? script.length : end + opening.length;
}

function lineEnd(script: string, from: number): number {
  const end = script.indexOf('\n', from);
  return end < 0 ? script.length : end;
}

/** What the one known command sets; psql's own words for yes and no. */
function readCommand(command: string, place: string): boolean {
  const [, value] = command.match(/^\\set\s+ON_ERROR_STOP\b\s*(\S*)/i) ?? [];
  if (value !== undefined) return !/^(0|off?|no?|f(alse)?)$/i.test(value);
  const name = command.match(/^\\\S*/)![0];
  throw new ConfigurationError(
    `${place}: ${name} is a command of psql, which the embedded stack does not have`,
    {
      hint: 'write it in SQL, or use the compose stack',
    },
  );
}
