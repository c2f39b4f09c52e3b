import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FailedError } from '../../errors.ts';
import { isAlive, startOf } from './processes.ts';

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

/** Puts the lock in place with its content, or finds another one there. */
function take(file: string): boolean {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, `${process.pid} ${startOf(process.pid) ?? ''}`);
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    removeStale(file, own);
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

function removeStale(file: string, own: string): void {
  const found = read(file);
  if (found === '' || isHeld(found)) return;
  // Another task may find it stale at the same time, remove it and take it: so it is moved and looked at again.
  const moved = `${own}.stale`;
  try {
    renameSync(file, moved);
    if (read(moved) !== found) linkSync(moved, file);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  rmSync(moved, { force: true });
}

function isHeld(content: string): boolean {
  const [pid, started] = content.split(' ');
  return isAlive(Number(pid)) && (!started || startOf(Number(pid)) === started);
}

const holder = (file: string): string => read(file).split(' ')[0]!;

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
