import { ALEMBIC, ALEMBIC_INI } from '../lib/parameters/shared.ts';
import { flag } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'migrations',
  summary: 'Show the current revision and whether it is head (local_dev)',
  environment: 'default only',
  longForm: 'al-cur-env',
  parameters: { CHECK: flag('ends with 1 when it is not at head'), ALEMBIC, ALEMBIC_INI },
  examples: ['make al-cur'],
  run: async (run) => (await import('../lib/migrations/al-cur.ts')).current(run),
});
