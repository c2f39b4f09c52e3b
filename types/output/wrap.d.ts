/**
 * A line that is longer than a terminal is wide, broken between words; what goes on stands below where the text of the
 * line began, behind its label. A word that is longer stays whole: it is to be copied. A line that fits is left as it is.
 *
 * @param columns of the terminal, on which Japanese letters take two; undefined where there is none
 */
export declare function wrap(line: string, columns: number | undefined): string;
/** As much of a line as leaves the cursor in it: what it draws the next time replaces one row. */
export declare function shorten(line: string, columns: number | undefined): string;
