import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { CancelledError } from '../errors.ts';

/**
 * What a person types behind a question, without blanks around it.
 *
 * @param undone what Ctrl-C and Ctrl-D leave undone: `nothing was written`
 * @throws CancelledError on Ctrl-C and Ctrl-D
 */
export async function readLine(question: string, undone: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const closed = once(lines, 'close').then(() => undefined);
  try {
    // They close the line; what becomes of the question depends on the version of Node: it fails, or stays open.
    const said = await Promise.race([lines.question(question).catch(() => undefined), closed]);
    if (said === undefined) throw new CancelledError(undone);
    return said.trim();
  } finally {
    lines.close();
  }
}
