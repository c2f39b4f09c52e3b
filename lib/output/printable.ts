/**
 * Control characters, line ends, characters that change the writing direction, and invisible characters. A name must
 * not clear a terminal, forge a line of a report or look like another name.
 */
const UNSEEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Cs}/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Makes a text safe for one line: writes such characters as escapes. */
export function printable(text: string): string {
  return text.replace(
    UNSEEN,
    (character) => SHORT[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

/** The same for a line of a definition, with tabs as blanks. */
export const printableLine = (line: string): string => printable(line.replaceAll('\t', '    '));
