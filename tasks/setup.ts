import { defineTask } from '../lib/task.ts';

export default defineTask(import.meta.url, {
  group: 'project',
  summary: 'Install what the stack without containers needs: an Alembic',
  environment: 'none',
  examples: ['make setup'],
  run: async (run) => (await import('../lib/setup.ts')).setup(run),
});
