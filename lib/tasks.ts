import { readdirSync } from 'node:fs';
import type { Task } from './task.ts';

const FOLDER = new URL('../tasks/', import.meta.url);

/** All tasks, by name: one file in tasks/ is one task. */
export async function loadTasks(): Promise<Task[]> {
  return Promise.all(
    taskNames().map(async (name) => {
      const { default: task } = (await import(new URL(`${name}.ts`, FOLDER).href)) as { default: Task };
      return task;
    }),
  );
}

export function taskNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort();
}
