import { ALEMBIC, ALEMBIC_INI, revision } from '../lib/parameters/shared.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'migrations',
  summary: 'Mark the database as being at a revision without migrating',
  environment: 'typed',
  destructive: {
    ...{ what: 'Stamping', effect: 'change', countdown: 'when protected' },
    foresee: async (run) => (await import('../lib/schema/al-stamp/preflight.ts')).foresee(run),
  },
  parameters: { REV: revision('the revision to mark it with'), ALEMBIC, ALEMBIC_INI },
  examples: ['make al-stamp-env ENV=vm_stg REV=head'],
  run: async (run) => (await import('../lib/migrations/al-stamp.ts')).stamp(run),
});
