import { ALEMBIC, ALEMBIC_INI } from '../lib/parameters.ts';
import { defineTask } from '../lib/task.ts';

export default defineTask(import.meta.url, {
  group: 'migrations',
  summary: 'Show the current revision and whether it is head',
  environment: 'any',
  parameters: { ALEMBIC, ALEMBIC_INI },
  examples: ['make al-cur-env ENV=vm_stg'],
  run: async (run) => (await import('../lib/alembic.ts')).current(run),
});
