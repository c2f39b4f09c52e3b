import stringWidth from 'fast-string-width';

/** Columns of a terminal, on which Japanese letters take two. */
export const widest = (texts: Iterable<string>): number =>
  Math.max(0, ...[...texts].map((text) => stringWidth(text)));

/** The text with blanks behind it, up to a width. */
export const pad = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - stringWidth(text)));
