import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'project',
  summary: 'Install what the stack without containers needs: an Alembic',
  environment: 'none',
  examples: ['make setup'],
  run: async (run) => (await import('../lib/migrations/setup.ts')).setup(run),
});
