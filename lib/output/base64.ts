/** A word of base64, of either alphabet, also with `+`, `/` and `=` as URLs and JSON write them. */
const WORD = /(?:[A-Za-z0-9+/_-]|%2[BbFf]|\\\/){2,}(?:=|%3[Dd]|\\u003[dD]){0,2}/g;

/** What a text is in base64 wherever in the encoded bytes it begins, without the characters that others have a part in. */
export function base64Cores(text: string): string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    return encoded.slice([0, 2, 3][shift], Math.floor((8 * (shift + bytes.length)) / 6));
  });
}

/**
 * From where to where in a text the words of base64 are that are hidden.
 *
 * @param hides asked for each word in the plain alphabet, padded as far as it is, and for what it says
 */
export function base64Words(
  text: string,
  hides: (word: string, decoded: () => string) => boolean,
): (readonly [from: number, to: number])[] {
  return Array.from(text.matchAll(WORD))
    .filter(([whole]) => {
      const word = whole
        .replaceAll(/%2[Bb]|-/g, '+')
        .replaceAll(/%2[Ff]|\\\/|_/g, '/')
        .replaceAll(/%3[Dd]|\\u003[dD]/g, '=');
      return hides(word, () => Buffer.from(word, 'base64').toString());
    })
    .map(({ index, 0: whole }) => [index, index + whole.length] as const);
}
