import { flag } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'List the saved copies of the database',
  environment: 'any',
  parameters: { JSON: flag('print the list as JSON') },
  examples: ['make db-saves-env', 'make db-saves-env ENV=vm_stg JSON=1'],
  run: async (run) => (await import('../lib/database/saves/db-saves.ts')).listSaves(run),
});
