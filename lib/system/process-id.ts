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
 * The start time of a process, in clock ticks since boot. Together with the id it identifies the process. Undefined if
 * the process has ended, and without /proc.
 */
export function startOf(pid: number): string | undefined {
  const { state, start } = statusOf(pid) ?? {};
  return state === 'Z' ? undefined : start;
}

/** The parent of a process; undefined if the process has ended, and without /proc. */
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
    // The name in parentheses may hold anything. After it come the state (first), the parent (second) and the start
    // time (twentieth field).
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0], parent: Number(fields[1]), start: fields[19] };
  } catch {
    return undefined;
  }
}

/**
 * The arguments of a process, with its program first, or its initial environment.
 *
 * @throws Error if the process has ended or belongs to another user, and without /proc
 */
export const wordsOf = (pid: number, what: 'cmdline' | 'environ'): string[] =>
  readFileSync(`/proc/${pid}/${what}`, 'utf8').split('\0').slice(0, -1);
