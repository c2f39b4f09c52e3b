import { printableLine } from '../output/printable.ts';

/** Maximum number of lines. */
const LINES = 10;
/** Maximum characters of a line. */
const WIDTH = 110;

/** The lines of a statement around its error; all lines if there are few. */
interface Excerpt {
  /** `line 57 of 203`; undefined if all of it is shown. */
  readonly note: string | undefined;
  readonly lines: readonly string[];
}

/**
 * @param position of the error, in characters from 1, as PostgreSQL counts; undefined if unknown
 * @param message of the database; for an error in a DO block it contains the line
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

/** The line, from 0. PostgreSQL counts characters; JavaScript counts UTF-16 code units. */
function lineOfPosition(statement: string, position: number | undefined): number | undefined {
  if (position === undefined) return undefined;
  const before = Array.from(statement)
    .slice(0, position - 1)
    .join('');
  return before.split('\n').length - 1;
}

/** PL/pgSQL counts lines from the one on which the block's opening quote is. */
function lineOfBlock(statement: string, message: string): number | undefined {
  const [, line] = message.match(/inline_code_block line (\d+) at/) ?? [];
  const blocks = [...statement.matchAll(/^\s*DO\s+(?:LANGUAGE\s+\w+\s+)?\$\w*\$/gim)];
  // With several blocks, nobody knows which one failed.
  if (line === undefined || blocks.length !== 1) return undefined;
  const { index, 0: begin } = blocks[0]!;
  return statement.slice(0, index + begin.length).split('\n').length - 1 + Number(line) - 1;
}

const cut = (line: string): string => {
  const text = printableLine(line);
  return text.length <= WIDTH ? text : `${text.slice(0, WIDTH - 1)}…`;
};
