/**
 * Control characters, line ends, what turns the direction of writing around, and what is not seen at all: a name must
 * not be able to clear a terminal, forge a line of a report or show itself as another name.
 */
const UNSEEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Cs}/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Text for one line, with such characters written as escapes. */
export function printable(text: string): string {
  return text.replace(
    UNSEEN,
    (character) => SHORT[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

/** A line of a definition: the same, with tabs left as blanks. */
export const printableLine = (line: string): string => printable(line.replaceAll('\t', '    '));
