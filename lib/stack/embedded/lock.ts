import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FailedError } from '../../errors.ts';
import { releaseLock, takeLock } from '../../system/lock.ts';

/** Seconds to wait for another task; none holds the lock longer than a start or a stop takes. */
const TIMEOUT = 60;

/**
 * Lets one task at a time make, start, stop or remove the server of a folder. The lock of a task that was killed does
 * not count.
 *
 * @throws FailedError naming the holder
 */
export async function withLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  // Where root's server runs as somebody else, that one has to get through.
  mkdirSync(dirname(folder), { recursive: true, mode: 0o711 });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'lock');
  const deadline = performance.now() + TIMEOUT * 1000;
  for (let holder = takeLock(file); holder; holder = takeLock(file)) {
    if (performance.now() > deadline) {
      throw new FailedError(
        `another task (process ${holder.pid}) has been at work in ${folder} for ${TIMEOUT} s`,
        { hint: `if there is none: rm ${file}` },
      );
    }
    await sleep(50);
  }
  try {
    return await work();
  } finally {
    releaseLock(file);
  }
}
