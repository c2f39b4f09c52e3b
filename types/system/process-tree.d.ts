import type { ChildProcess } from 'node:child_process';
/** Whether a child was started and has not ended: by then its number may be another program's. */
export declare const isRunning: ({ pid, exitCode, signalCode }: ChildProcess) => boolean;
/**
 * Ends a process and all that it has started, at once: `docker --context … compose` runs compose as a child of its own.
 * Where there is no /proc, the process alone.
 */
export declare function killTree(pid: number): void;
