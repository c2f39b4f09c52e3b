import { existsSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, wordsOf } from '../../system/process-id.ts';
import { FailedError } from '../../errors.ts';

/** Whether a process is the postmaster of a data directory: another program may have got the process ID since. */
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
 * Kills the processes that a killed server or task left on a data directory. A busy backend does not notice that its
 * postmaster is gone, and the directory stays locked. SIGKILL is safe: without a postmaster its work is lost anyway.
 *
 * @throws FailedError when a process does not end within 10 s
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
 * PostgreSQL's processes have the data directory as working directory; initdb has it in its arguments. Other programs
 * may work there as well, for instance a person's shell: they do not count.
 */
function worksOn(data: string, pid: string): boolean {
  try {
    const words = wordsOf(Number(pid), 'cmdline');
    const workingDirectory = readlinkSync(`/proc/${pid}/cwd`).replace(/ \(deleted\)$/, '');
    const isOurs = ['postgres', 'initdb'].includes(basename(readlinkSync(`/proc/${pid}/exe`)));
    return isOurs && (workingDirectory === data || words.includes(data));
  } catch {
    // It has ended, is a zombie, or belongs to another user.
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
