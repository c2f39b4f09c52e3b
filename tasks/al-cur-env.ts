import { ALEMBIC, ALEMBIC_INI } from '../lib/parameters/shared.ts';
import { flag } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'migrations',
  summary: 'Show the current revision and whether it is head',
  environment: 'any',
  parameters: { CHECK: flag('ends with 1 when it is not at head'), ALEMBIC, ALEMBIC_INI },
  examples: ['make al-cur-env ENV=vm_stg', 'make al-cur-env ENV=vm_prod CHECK=1'],
  run: async (run) => (await import('../lib/migrations/al-cur.ts')).current(run),
});
