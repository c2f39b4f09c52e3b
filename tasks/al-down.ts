import { ALEMBIC, ALEMBIC_INI, KEEP_COPY, revision } from '../lib/parameters/shared.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'migrations',
  summary: 'Downgrade, one step unless REV says where to (local_dev)',
  environment: 'default only',
  firstGoalOnly: true,
  longForm: 'al-down-env',
  parameters: { REV: revision('where to', '-1'), KEEP: KEEP_COPY, ALEMBIC, ALEMBIC_INI },
  examples: ['make al-down', 'make al-down REV=base'],
  run: async (run) => (await import('../lib/migrations/al-down.ts')).downgrade(run),
});
