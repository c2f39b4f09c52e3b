/** What a text is in base64 wherever in the encoded bytes it begins, without the characters that others have a part in. */
export declare function base64Cores(text: string): string[];
/**
 * From where to where in a text the words of base64 are that are hidden.
 *
 * @param hides asked for each word in the plain alphabet, padded as far as it is, and for what it says
 */
export declare function base64Words(
  text: string,
  hides: (word: string, decoded: () => string) => boolean,
): (readonly [from: number, to: number])[];
