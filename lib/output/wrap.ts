import stringWidth from 'fast-string-width';

/** Scripts that are written without blanks, such as Japanese. */
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const segmenter = new Intl.Segmenter('ja', { granularity: 'word' });

/** The text column never becomes narrower than this many terminal columns. */
const NARROWEST = 24;

/**
 * Breaks a line that is wider than the terminal, between words. The text continues below its beginning, to the right of
 * the line's label. A word that is too long stays whole, so that it can be copied.
 *
 * @param columns of the terminal, where a Japanese letter takes two; undefined without a terminal
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

/** The label in front of the text: `    storage      `, `[info] `, `✓ at head   `, `  → `. */
function labelOf(line: string, columns: number): string {
  const [label = ''] = line.match(/^ *\S.*? {2,}(?=\S)/) ?? [];
  if (label !== '' && stringWidth(label) <= columns - NARROWEST) return label;
  // A tag may be inside colour codes.

  return line.match(/^ *(?:(?:\x1b\[\d+m)*\[\w+\](?:\x1b\[\d+m)* |[→✓✗!–-] )?/)![0];
}

/** Words with the blanks after them. Japanese text may break between its words, but not before a punctuation mark. */
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

/** Cuts a line so that the cursor stays in its row: the next progress line can then replace it. */
export function shorten(line: string, columns: number | undefined): string {
  if (!columns || stringWidth(line) < columns) return line;
  let cut = '';
  for (const letter of line) {
    if (stringWidth(`${cut}${letter}…`) >= columns) break;
    cut += letter;
  }
  return `${cut}…`;
}
