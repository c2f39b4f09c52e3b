import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Writable } from 'node:stream';

let input: Writable | undefined;

/** The process that removes what is left when this one is gone. It hears of that by the end of its input. */
function reaper(): Writable {
  if (input) return input;
  const child = spawn(process.execPath, [join(import.meta.dirname, 'reaper-process.cjs')], {
    // Out of the terminal's group: Ctrl-C is not for it.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  input = child.stdin;
  (input as Writable & { unref?: () => void }).unref?.();
  // It may be killed like any other process: then nothing is removed for us.
  input.on('error', () => {});
  return input;
}

/**
 * Has a scratch folder removed if this process ends before it did so itself: with the processes that work in it, and what the
 * engine has under names with the prefix.
 *
 * @param prefix null: nothing on the engine is the folder's
 */
export const removeIfWeEnd = (folder: string, prefix: string | null): void =>
  void reaper().write(`${JSON.stringify({ folder, prefix })}\n`);

/** The folder was removed. */
export const wasRemoved = (folder: string): void =>
  void reaper().write(`${JSON.stringify({ folder, removed: true })}\n`);
