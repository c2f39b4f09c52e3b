import { existsSync, statSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigurationError } from '../../errors.ts';
import type { Terminal } from '../../output/terminal.ts';
import type { Stack } from '../stack.ts';
import { lastLines } from './server.ts';

const INTERVAL_MS = 250;

/** `logs`. @throws ConfigurationError for another service than the database's */
export async function showLog(
  file: string,
  { service, follow, tail }: Parameters<Stack['logs']>[0],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  if (service !== undefined && service !== 'db') {
    throw new ConfigurationError(`the embedded stack has no service ${service}`, { hint: 'services: db' });
  }
  if (!existsSync(file)) return;
  const { size } = statSync(file);
  const text = lastLines(file, tail);
  if (text !== '') terminal.result(text);
  if (follow) await followFile(file, size, terminal.result.bind(terminal), signal);
}

/**
 * Shows what is appended to a file until the signal is aborted.
 *
 * @param from the offset in bytes at which to begin
 */
async function followFile(
  file: string,
  from: number,
  show: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let at = from;
  while (!signal.aborted) {
    const { size } = await stat(file);
    if (size > at) {
      const text = await readRange(file, at, size);
      // Show whole lines only.
      const whole = text.lastIndexOf(0x0a) + 1;
      if (whole > 0) show(text.subarray(0, whole - 1).toString());
      at += whole;
    }
    await sleep(INTERVAL_MS, undefined, { signal }).catch(() => {});
  }
}

async function readRange(file: string, start: number, end: number): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
