import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { CancelledError } from '../errors.ts';

/**
 * Asks a question and returns the typed line, without blanks around it.
 *
 * @param undone the message for Ctrl-C and Ctrl-D: `nothing was written`
 * @throws CancelledError on Ctrl-C and Ctrl-D
 */
export async function readLine(question: string, undone: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const closed = once(lines, 'close').then(() => undefined);
  try {
    // Both keys close the interface. Then `question` rejects or never settles, depending on the version of Node.
    const said = await Promise.race([lines.question(question).catch(() => undefined), closed]);
    if (said === undefined) throw new CancelledError(undone);
    return said.trim();
  } finally {
    lines.close();
  }
}
