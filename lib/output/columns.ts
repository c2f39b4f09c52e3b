import stringWidth from 'fast-string-width';

/** The width of the widest text in terminal columns. A Japanese letter takes two. */
export const widest = (texts: Iterable<string>): number =>
  Math.max(0, ...[...texts].map((text) => stringWidth(text)));

/** The text, padded with blanks to a width. */
export const pad = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - stringWidth(text)));
