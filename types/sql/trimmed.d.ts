/** Without the server's white space around it, which is less than that of trim(). */
export declare function trimmed(text: string): string;
