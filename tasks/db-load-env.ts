import { label } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'Replace the database by a copy of a saved one; the present one is kept',
  environment: 'typed',
  destructive: {
    what: 'Loading a saved copy',
    effect: 'change',
    countdown: 'when protected',
    exchanges: () => 'always',
    preflight: async (run) => (await import('../lib/database/saves/db-load.ts')).checkLoad(run),
  },
  parameters: { NAME: label('the saved copy') },
  examples: ['make db-load-env ENV=local_dev NAME=before-orders'],
  run: async (run) => (await import('../lib/database/saves/db-load.ts')).loadSaved(run),
});
