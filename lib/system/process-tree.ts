import type { ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { parentOf } from './process-id.ts';

/** Whether a child was started and has not ended: by then its number may be another program's. */
export const isRunning = ({ pid, exitCode, signalCode }: ChildProcess): boolean =>
  pid !== undefined && exitCode === null && signalCode === null;

/**
 * Ends a process and all that it has started, at once: `docker --context … compose` runs compose as a child of its own.
 * Where there is no /proc, the process alone.
 */
export function killTree(pid: number): void {
  // Parents first: they would start others in the place of those that ended.
  for (const one of [pid, ...descendantsOf(pid)]) {
    try {
      process.kill(one, 'SIGKILL');
    } catch {
      // It has ended.
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
