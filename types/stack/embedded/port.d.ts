/** The port that this server had before, if no other program has it now; else a free one, which is kept. */
export declare function choosePort(folder: string): Promise<number>;
