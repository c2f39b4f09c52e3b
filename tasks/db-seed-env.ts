import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: "Fill the database with the registry's seed; not where it is protected",
  environment: 'any',
  examples: ['make db-seed-env', 'make db-seed-env ENV=vm_stg'],
  run: async (run) => (await import('../lib/database/apply/db-seed.ts')).seed(run),
});
