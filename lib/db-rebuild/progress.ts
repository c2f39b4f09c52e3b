import type { DestructiveRun } from '../run/run.ts';

/** A finished step. */
export interface Timed {
  readonly name: string;
  readonly seconds: number;
  readonly note: string;
}

/** Milliseconds between two drawings of the running step. */
const FRAME = 100;

/**
 * Runs a step. On a terminal, shows its state and time live; elsewhere, prints one line. Hides the output of tools, and
 * shows it if the step fails.
 */
export async function runStep(
  { terminal, actor }: Pick<DestructiveRun, 'terminal' | 'actor'>,
  name: string,
  work: () => Promise<string>,
): Promise<Timed> {
  if (actor.dryRun) {
    terminal.result(`# ${name}`);
    return { name, seconds: 0, note: await work() };
  }
  const began = performance.now();
  const elapsed = (): number => (performance.now() - began) / 1000;
  const line = (sign: string, note: string): string =>
    `${sign} ${name.padEnd(10)} ${elapsed().toFixed(1).padStart(5)} s  ${note}`;
  const frame = setInterval(() => terminal.live(line('…', '')), FRAME);
  terminal.fold();
  try {
    const note = await work();
    terminal.unfold();
    terminal.line(line(terminal.style('green', '✓'), note));
    return { name, seconds: elapsed(), note };
  } catch (error) {
    const kept = terminal.unfold();
    terminal.line(line(terminal.style('red', '✗'), ''));
    for (const text of kept) terminal.line(`  ${text.replaceAll('\n', '\n  ')}`);
    throw error;
  } finally {
    clearInterval(frame);
  }
}
