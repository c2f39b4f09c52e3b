import { label } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'Remove a saved copy of the database',
  environment: 'typed',
  destructive: {
    what: 'Removal of a saved copy',
    effect: 'destroy',
    countdown: 'when protected',
    preflight: async (run) => (await import('../lib/database/saves/db-drop-save.ts')).checkSave(run),
  },
  parameters: { NAME: label('the saved copy') },
  examples: ['make db-drop-save-env ENV=local_dev NAME=before-orders'],
  run: async (run) => (await import('../lib/database/saves/db-drop-save.ts')).dropSave(run),
});
