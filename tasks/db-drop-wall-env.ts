import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'Take down what holds the database against DROP and TRUNCATE, until the next up',
  environment: 'typed',
  destructive: { what: 'Removal of the wall', effect: 'change', countdown: 'when protected' },
  examples: ['make db-drop-wall-env ENV=vm_prod FORCE=1'],
  run: async (run) => (await import('../lib/database/db-drop-wall.ts')).dropWall(run),
});
