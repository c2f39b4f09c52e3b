/** A text with its escapes and encodings undone. */
export interface Plain {
  readonly text: string;
  /** From where to where in the original each UTF-16 unit comes from; undefined where both texts are the same. */
  readonly origin:
    | {
        readonly from: readonly number[];
        readonly to: readonly number[];
      }
    | undefined;
}
/**
 * Reads a text as what it says, whichever programs have quoted or encoded it and how often. Blanks of all kinds, `+` among
 * them, are one blank, and signs that are doubled somewhere are one, so that a text and what a program made of it read
 * the same. It is for searching and not for showing: a text that only looks like an escape is changed as well.
 */
export declare function plain(text: string): Plain;
/**
 * From where to where in the original a part of the plain text is, with the backslashes on either side of it, which the
 * plain text has not.
 */
export declare function inOriginal(
  { text, origin }: Plain,
  from: number,
  to: number,
  end: number,
): [number, number];
