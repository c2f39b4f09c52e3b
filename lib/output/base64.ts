/** A word of base64, in either alphabet. `+`, `/` and `=` may be escaped as in URLs and JSON. */
const WORD = /(?:[A-Za-z0-9+/_-]|%2[BbFf]|\\\/){2,}(?:=|%3[Dd]|\\u003[dD]){0,2}/g;

/**
 * The base64 forms of a text, one for each of the three offsets at which it may start in the encoded bytes. Without the
 * characters that also encode bytes of its neighbours.
 */
export function base64Cores(text: string): string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    return encoded.slice([0, 2, 3][shift], Math.floor((8 * (shift + bytes.length)) / 6));
  });
}

/**
 * The positions of base64 words that have to be hidden.
 *
 * @param hides decides for each word, given in the standard alphabet and with a function that decodes it
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
