import type { ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { parentOf } from './process-id.ts';

/** Whether a child process was started and has not ended. After its end, another program may have its id. */
export const isRunning = ({ pid, exitCode, signalCode }: ChildProcess): boolean =>
  pid !== undefined && exitCode === null && signalCode === null;

/**
 * Kills a process and all its descendants: `docker --context … compose` runs compose as a child of its own. Without
 * /proc, kills only the process.
 */
export function killTree(pid: number): void {
  // Parents first: they would start new children in place of those that ended.
  for (const one of [pid, ...descendantsOf(pid)]) {
    try {
      process.kill(one, 'SIGKILL');
    } catch {
      // The process has ended.
    }
  }
}

function descendantsOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of processIds()) {
    const parent = parentOf(name);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), name]);
  }
  const found: number[] = [];
  const visit = (one: number): void =>
    children.get(one)?.forEach((child) => (found.push(child), visit(child)));
  visit(pid);
  return found;
}

function processIds(): number[] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  } catch {
    return [];
  }
}
