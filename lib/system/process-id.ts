import { readFileSync } from 'node:fs';

/** Whether a process runs. A zombie does not. */
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
  const { state, start } = statusOf(pid) ?? {};
  return state === 'Z' ? undefined : start;
}

/** The process that has started a process; undefined for one that has ended, and where /proc does not exist. */
export const parentOf = (pid: number): number | undefined => statusOf(pid)?.parent;

interface Status {
  readonly state: string | undefined;
  readonly parent: number;
  readonly start: string | undefined;
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function statusOf(pid: number): Status | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; behind it the state is the first field, the parent the second, the
    // start the twentieth.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0], parent: Number(fields[1]), start: fields[19] };
  } catch {
    return undefined;
  }
}

/**
 * The arguments of a process, its program first, or the variables that it was started with.
 *
 * @throws Error for one that has ended or belongs to somebody else, and where /proc does not exist
 */
export const wordsOf = (pid: number, what: 'cmdline' | 'environ'): string[] =>
  readFileSync(`/proc/${pid}/${what}`, 'utf8').split('\0').slice(0, -1);
