/**
 * What a person types behind a question, without blanks around it.
 *
 * @param undone what Ctrl-C and Ctrl-D leave undone: `nothing was written`
 * @throws CancelledError on Ctrl-C and Ctrl-D
 */
export declare function readLine(question: string, undone: string): Promise<string>;
