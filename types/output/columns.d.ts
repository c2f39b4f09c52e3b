/** Columns of a terminal, on which Japanese letters take two. */
export declare const widest: (texts: Iterable<string>) => number;
/** The text with blanks behind it, up to a width. */
export declare const pad: (text: string, width: number) => string;
