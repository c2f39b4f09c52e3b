import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FailedError } from '../../errors.ts';
import { releaseLock, takeLock } from '../../system/lock.ts';

/** Seconds to wait for another task. A task holds the lock only while it starts or stops a server. */
const TIMEOUT = 60;

/**
 * Runs `work` under a lock: only one task at a time creates, starts, stops or removes the server of a folder. The lock
 * of a killed task does not count.
 *
 * @throws FailedError naming the holder, after TIMEOUT
 */
export async function withLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  // For root, the server may run as another account, which has to pass through the parent folder.
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
