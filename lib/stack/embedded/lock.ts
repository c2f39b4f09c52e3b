import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FailedError } from '../../errors.ts';

/** Seconds to wait for another task; none holds the lock longer than a start or a stop takes. */
const TIMEOUT = 60;

/**
 * Lets one task at a time make, start, stop or remove the server of a folder. The lock of a task that was killed does
 * not count.
 *
 * @throws FailedError naming the holder
 */
export async function withLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'lock');
  for (const deadline = performance.now() + TIMEOUT * 1000; !take(file); await sleep(50)) {
    if (performance.now() > deadline) {
      throw new FailedError(
        `another task (process ${holder(file)}) has been at work in ${folder} for ${TIMEOUT} s`,
        {
          hint: `if there is none: rm ${file}`,
        },
      );
    }
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const pid = holder(file);
  if (pid !== undefined && !isAlive(pid)) rmSync(file, { force: true });
  return false;
}

/** Undefined while the holder has not written its number yet. */
function holder(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
