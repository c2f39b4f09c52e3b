import { printableLine } from '../output/printable.ts';

const LINES = 10;
const WIDTH = 110;

/** The lines of a statement around its error; the whole of a short one. */
interface Excerpt {
  /** `line 57 of 203`; undefined where all of it is shown. */
  readonly note: string | undefined;
  readonly lines: readonly string[];
}

/**
 * @param position a character of the statement, from 1, as PostgreSQL counts; undefined where it did not say
 * @param message what the database said: a line of a DO block is in it
 */
export function excerptOf(statement: string, position: number | undefined, message: string): Excerpt {
  const at = lineOfPosition(statement, position) ?? lineOfBlock(statement, message);
  const lines = statement.replace(/\s+$/, '').split(/\r?\n/);
  if (lines.length === 1) return { note: undefined, lines: [cut(lines[0]!)] };
  const blank = lines.findIndex((line) => line.trim() !== '');
  const from = Math.max(0, at === undefined ? blank : Math.min(at - LINES / 2, lines.length - LINES));
  const shown = lines.slice(from, from + LINES);
  const all = lines.length - Math.max(0, blank) <= LINES;
  const width = String(from + shown.length).length;
  return {
    note:
      at !== undefined
        ? `line ${at + 1} of ${lines.length}`
        : all
          ? undefined
          : `the first ${LINES} of ${lines.length} lines; the database did not say which one`,
    lines:
      at === undefined && all
        ? shown.map(cut)
        : shown.map((line, index) => {
            const number = from + index;
            return `${number === at ? '>' : ' '} ${String(number + 1).padStart(width)}  ${cut(line)}`;
          }),
  };
}

/** From 0. PostgreSQL counts characters, and JavaScript units of UTF-16. */
function lineOfPosition(statement: string, position: number | undefined): number | undefined {
  if (position === undefined) return undefined;
  const before = Array.from(statement)
    .slice(0, position - 1)
    .join('');
  return before.split('\n').length - 1;
}

/** PL/pgSQL counts from the line of the quotes in which the block begins. */
function lineOfBlock(statement: string, message: string): number | undefined {
  const [, line] = message.match(/inline_code_block line (\d+) at/) ?? [];
  const blocks = [...statement.matchAll(/^\s*DO\s+(?:LANGUAGE\s+\w+\s+)?\$\w*\$/gim)];
  // Of several nobody can say which one it was.
  if (line === undefined || blocks.length !== 1) return undefined;
  const { index, 0: begin } = blocks[0]!;
  return statement.slice(0, index + begin.length).split('\n').length - 1 + Number(line) - 1;
}

const cut = (line: string): string => {
  const text = printableLine(line);
  return text.length <= WIDTH ? text : `${text.slice(0, WIDTH - 1)}…`;
};
