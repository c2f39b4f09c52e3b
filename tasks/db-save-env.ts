import { label } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'Save a copy of the database inside its server, to load it again in a moment',
  environment: 'any',
  parameters: { NAME: label('what the copy is called') },
  examples: ['make db-save-env NAME=before-orders', 'make db-save-env ENV=vm_stg NAME=demo'],
  run: async (run) => (await import('../lib/database/saves/db-save.ts')).saveDatabase(run),
});
