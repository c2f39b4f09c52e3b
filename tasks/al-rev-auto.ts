import { ALEMBIC, ALEMBIC_INI, HEAD } from '../lib/parameters/shared.ts';
import { required, text } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'migrations',
  summary: 'Make a revision file from the difference between models and database (local_dev)',
  environment: 'default only',
  parameters: {
    MSG: required('what the revision does', { placeholder: '<message>' }),
    REV_ID: text('the id of the revision', { defaultNote: 'the time, as 20251211_140000000' }),
    HEAD,
    ALEMBIC,
    ALEMBIC_INI,
  },
  examples: ['make al-rev-auto MSG="add column weight"'],
  run: async (run) => (await import('../lib/migrations/al-rev-auto.ts')).makeRevisionFromModels(run),
});
