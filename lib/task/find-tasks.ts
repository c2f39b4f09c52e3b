import { ConfigurationError, messageOf } from '../errors.ts';
import { loadModule } from '../system/load-module.ts';
import type { Task } from '../run/run.ts';
import { taskFiles } from '../repository/task-files.ts';

/** All tasks, by name. */
export async function loadTasks(root?: string): Promise<Task[]> {
  return Promise.all([...taskFiles(root).values()].map(loadTask));
}

async function loadTask(file: string): Promise<Task> {
  try {
    return ((await loadModule(file)) as { default: Task }).default;
  } catch (error) {
    throw new ConfigurationError(`${file} cannot be loaded: ${messageOf(error)}`, { cause: error });
  }
}
