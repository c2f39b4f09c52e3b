import { ALLOW_HAZARDS } from '../lib/migrations/allow.ts';
import { ALEMBIC, ALEMBIC_INI, KEEP_COPY, revision } from '../lib/parameters/shared.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'migrations',
  summary: 'Downgrade, one step unless REV says where to',
  environment: 'typed',
  destructive: {
    ...{ what: 'Downgrade', effect: 'destroy', countdown: 'when protected' },
    foresee: async (run) => (await import('../lib/rehearsal/al-down/preflight.ts')).foresee(run),
  },
  parameters: {
    REV: revision('where to', '-1'),
    ALLOW: ALLOW_HAZARDS,
    KEEP: KEEP_COPY,
    ALEMBIC,
    ALEMBIC_INI,
  },
  examples: ['make al-down-env ENV=vm_stg', 'make al-down-env ENV=vm_stg REV=base'],
  run: async (run) => (await import('../lib/migrations/al-down.ts')).downgrade(run),
});
