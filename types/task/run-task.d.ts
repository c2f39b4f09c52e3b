import type { Task } from '../run/run.ts';
/** Runs a task as a program. */
export declare const runTask: (task: Task, script: string) => Promise<void>;
