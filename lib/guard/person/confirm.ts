import { createInterface } from 'node:readline/promises';
import { CancelledError } from '../../errors.ts';
import type { Terminal } from '../../output/terminal.ts';

/**
 * Asks the person to type the environment's name.
 *
 * @throws CancelledError on any other text, at end of input, and on Ctrl-C
 */
export async function confirmName(
  name: string,
  terminal: Terminal,
  signal: AbortSignal,
  input: NodeJS.ReadableStream = process.stdin,
): Promise<void> {
  signal.throwIfAborted();
  terminal.line(`Type ${name} to go on:`);
  const lines = createInterface({ input });
  // `question()` of readline never resolves at end of input, so listen to the events.
  const typed = await new Promise<string | undefined>((resolve) => {
    lines.once('line', resolve).once('close', () => resolve(undefined));
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  lines.close();
  signal.throwIfAborted();
  if (typed?.trim() === name) return;
  const what = typed === undefined ? 'nothing was typed' : `"${typed}" is not ${name}`;
  throw new CancelledError(`${what}: cancelled; nothing was touched`);
}
