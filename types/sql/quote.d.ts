/** A name in a statement. */
export declare const quoteName: (name: string) => string;
/** A text in a statement that takes no parameters. */
export declare const quoteText: (text: string) => string;
