import type { Terminal } from './terminal.ts';
/** What can be chosen, with what a person should know of it. */
export interface Choice {
  readonly name: string;
  readonly remark: string;
}
/** Whether a person sits in front of it, who sees a question and can answer: no script, and nothing that reads the result. */
export declare const asksPerson: (terminal: Terminal) => boolean;
/**
 * Lets a person choose from a list, by number or by name; asks again where that was neither.
 *
 * @param usual what Enter alone means
 * @throws CancelledError on Ctrl-C and Ctrl-D
 */
export declare function choose(
  terminal: Terminal,
  parameter: string,
  choices: readonly Choice[],
  usual: string,
): Promise<string>;
