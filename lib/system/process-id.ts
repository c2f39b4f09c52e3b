import { readFileSync } from 'node:fs';

/** True for a process that runs. A zombie does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return process.platform !== 'linux' || startOf(pid) !== undefined;
}

/**
 * When a process was started, in clock ticks since boot: with its number it names one process for good. Undefined for
 * one that has ended, and where /proc does not exist.
 */
export function startOf(pid: number): string | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; state is the first field behind it, the start the twentieth.
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
