/** Text for one line, with such characters written as escapes. */
export declare function printable(text: string): string;
/** A line of a definition: the same, with tabs left as blanks. */
export declare const printableLine: (line: string) => string;
