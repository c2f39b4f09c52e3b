import { pad, widest } from './columns.ts';
import type { Terminal } from './terminal.ts';
import { readLine } from './read-line.ts';

/** What can be chosen, with a remark for the person. */
interface Choice {
  readonly name: string;
  readonly remark: string;
}

/** Whether a person sees the question and can answer: stdin, stdout and stderr are all terminals. */
export const asksPerson = (terminal: Terminal): boolean =>
  terminal.interactive && terminal.showsResult && process.stdin.isTTY === true;

/**
 * Lets a person choose from a list, by number or name. Asks again after any other answer.
 *
 * @param usual the choice for Enter alone
 * @throws CancelledError on Ctrl-C and Ctrl-D
 */
export async function choose(
  terminal: Terminal,
  parameter: string,
  choices: readonly Choice[],
  usual: string,
): Promise<string> {
  const width = widest(choices.map(({ name }) => name));
  choices.forEach(({ name, remark }, at) =>
    terminal.line(`${String(at + 1).padStart(4)}  ${pad(name, width)}  ${remark}`.trimEnd()),
  );
  for (;;) {
    const said = await readLine(`${parameter} (Enter: ${usual}): `, 'nothing was done');
    if (said === '') return usual;
    const found = choices.find(({ name }, at) => name === said || String(at + 1) === said);
    if (found) return found.name;
  }
}
