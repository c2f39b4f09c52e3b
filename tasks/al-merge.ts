import { ALEMBIC, ALEMBIC_INI } from '../lib/parameters/shared.ts';
import { text } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'migrations',
  summary: 'Make a revision file that joins several heads (local_dev)',
  environment: 'default only',
  parameters: {
    MSG: text('what it joins', { default: 'merge heads', placeholder: '<message>' }),
    REV_ID: text('the id of the revision', { defaultNote: 'the time, as 20251211_140000000' }),
    ALEMBIC,
    ALEMBIC_INI,
  },
  examples: ['make al-merge', 'make al-merge MSG="join orders and billing"'],
  run: async (run) => (await import('../lib/migrations/al-merge.ts')).mergeHeads(run),
});
