import { ALEMBIC, ALEMBIC_INI } from '../lib/parameters/shared.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'migrations',
  summary: 'List all revisions',
  environment: 'any',
  parameters: { ALEMBIC, ALEMBIC_INI },
  examples: ['make al-hist-env ENV=vm_stg'],
  run: async (run) => (await import('../lib/migrations/al-hist.ts')).history(run),
});
