import { ALEMBIC, ALEMBIC_INI, revision } from '../lib/parameters/shared.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'migrations',
  summary: 'Mark the database as being at a revision without migrating (local_dev)',
  environment: 'default only',
  firstGoalOnly: true,
  longForm: 'al-stamp-env',
  parameters: { REV: revision('the revision to mark it with'), ALEMBIC, ALEMBIC_INI },
  examples: ['make al-stamp REV=head'],
  run: async (run) => (await import('../lib/migrations/al-stamp.ts')).stamp(run),
});
