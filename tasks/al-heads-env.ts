import { ALEMBIC, ALEMBIC_INI } from '../lib/parameters/shared.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'migrations',
  summary: 'List the heads',
  environment: 'any',
  parameters: { ALEMBIC, ALEMBIC_INI },
  examples: ['make al-heads-env ENV=vm_stg'],
  run: async (run) => (await import('../lib/migrations/al-heads.ts')).heads(run),
});
