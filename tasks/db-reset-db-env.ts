import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'Replace the database by an empty one with the same attributes; the volume stays',
  environment: 'typed',
  destructive: {
    what: 'DB reset',
    effect: 'destroy',
    countdown: 'always',
    exchanges: () => true,
    preflight: async (run) => (await import('../lib/database/replace/db-reset-db.ts')).checkDatabase(run),
  },
  examples: ['make db-reset-db-env ENV=vm_stg', 'make db-reset-db-env ENV=local_dev WAIT=0'],
  run: async (run) => (await import('../lib/database/replace/db-reset-db.ts')).resetDatabase(run),
});
