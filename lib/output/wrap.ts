import stringWidth from 'fast-string-width';

/** Japanese and the like: written without blanks. */
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const segmenter = new Intl.Segmenter('ja', { granularity: 'word' });

/** No column is narrower than this many columns of a terminal. */
const NARROWEST = 24;

/**
 * A line that is longer than a terminal is wide, broken between words; what goes on stands below where the text of the
 * line began, behind its label. A word that is longer stays whole: it is to be copied. A line that fits is left as it is.
 *
 * @param columns of the terminal, on which Japanese letters take two; undefined where there is none
 */
export function wrap(line: string, columns: number | undefined): string {
  if (!columns || stringWidth(line) <= columns) return line;
  const before = labelOf(line, columns);
  const indent = ' '.repeat(stringWidth(before));
  const lines: string[] = [];
  let current = before;
  let isEmpty = true;
  for (const piece of piecesOf(line.slice(before.length))) {
    if (!isEmpty && stringWidth(current + piece.trimEnd()) > columns) {
      lines.push(current.trimEnd());
      [current, isEmpty] = [indent, true];
    }
    current += isEmpty ? piece.trimStart() : piece;
    isEmpty &&= piece.trim() === '';
  }
  lines.push(current.trimEnd());
  return lines.join('\n');
}

/** What stands in front of the text: `    storage      `, `[info] `, `✓ at head   `, `  → `. */
function labelOf(line: string, columns: number): string {
  const [label = ''] = line.match(/^ *\S.*? {2,}(?=\S)/) ?? [];
  if (label !== '' && stringWidth(label) <= columns - NARROWEST) return label;
  // Colours stand around a tag.

  return line.match(/^ *(?:(?:\x1b\[\d+m)*\[\w+\](?:\x1b\[\d+m)* |[→✓✗!–-] )?/)![0];
}

/** Words with the blanks behind them; Japanese text may break between its own words, but not in front of a mark. */
function* piecesOf(text: string): Generator<string> {
  for (const word of text.match(/\S+ *| +/g) ?? []) {
    if (!WIDE.test(word)) {
      yield word;
      continue;
    }
    let piece = '';
    for (const { segment, isWordLike } of segmenter.segment(word)) {
      const opens = /^[「『（【〈《]$/.test(segment);
      if (piece !== '' && (isWordLike === true || opens) && !/[「『（【〈《]$/.test(piece)) {
        yield piece;
        piece = '';
      }
      piece += segment;
    }
    if (piece !== '') yield piece;
  }
}

/** As much of a line as leaves the cursor in it: what it draws the next time replaces one row. */
export function shorten(line: string, columns: number | undefined): string {
  if (!columns || stringWidth(line) < columns) return line;
  let cut = '';
  for (const letter of line) {
    if (stringWidth(`${cut}${letter}…`) >= columns) break;
    cut += letter;
  }
  return `${cut}…`;
}
