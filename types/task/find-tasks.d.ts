import type { Task } from '../run/run.ts';
/** All tasks, by name. */
export declare function loadTasks(root?: string): Promise<Task[]>;
