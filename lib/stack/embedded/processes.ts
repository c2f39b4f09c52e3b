import { existsSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, wordsOf } from '../../system/process-id.ts';
import { FailedError } from '../../errors.ts';

/** True for the postmaster of a data directory: a number in a file may by now belong to another program. */
export function isServerOf(pid: number, data: string): boolean {
  if (process.platform !== 'linux') return isAlive(pid);
  try {
    const words = wordsOf(pid, 'cmdline');
    return basename(words[0]!) === 'postgres' && words[words.indexOf('-D') + 1] === data;
  } catch {
    return false;
  }
}

/**
 * Ends what a killed server or task left running on a data directory: a busy backend does not notice that its postmaster is gone, and keeps the
 * data directory locked. Without a postmaster nothing that it does is kept, so it need not be told to finish.
 */
export async function endOrphans(data: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const real = existsSync(data) ? realpathSync(data) : data;
  for (const deadline = performance.now() + 10_000; ; await sleep(20)) {
    const left = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && worksOn(real, pid));
    if (left.length === 0) return;
    for (const pid of left) kill(Number(pid));
    if (performance.now() > deadline) {
      throw new FailedError(`processes of a killed server do not end: ${left.join(', ')}`);
    }
  }
}

/**
 * PostgreSQL's processes work in the data directory, initdb has it among its arguments. A person's shell may be there
 * as well, and is none of our business.
 */
function worksOn(data: string, pid: string): boolean {
  try {
    const words = wordsOf(Number(pid), 'cmdline');
    const workingDirectory = readlinkSync(`/proc/${pid}/cwd`).replace(/ \(deleted\)$/, '');
    const isOurs = ['postgres', 'initdb'].includes(basename(readlinkSync(`/proc/${pid}/exe`)));
    return isOurs && (workingDirectory === data || words.includes(data));
  } catch {
    // Ended meanwhile, a zombie, or somebody else's.
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
