import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { FailedError } from '../../errors.ts';

/**
 * Ends what a killed server left running: a busy backend does not notice that its postmaster is gone, and keeps the
 * data directory locked. PostgreSQL's processes have the data directory as their working directory.
 */
export async function endOrphans(data: string): Promise<void> {
  if (process.platform !== 'linux') return;
  for (const deadline = performance.now() + 10_000; ; await sleep(20)) {
    const left = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && workingDirectory(pid) === data);
    if (left.length === 0) return;
    // Nobody can be told to finish any more: without a postmaster nothing they do is kept.
    for (const pid of left) process.kill(Number(pid), 'SIGKILL');
    if (performance.now() > deadline)
      throw new FailedError(`processes of a killed server do not end: ${left.join(', ')}`);
  }
}

function workingDirectory(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    // Ended meanwhile, a zombie, or somebody else's.
    return undefined;
  }
}
