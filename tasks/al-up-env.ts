import { ALLOW_HAZARDS } from '../lib/migrations/allow.ts';
import { ALEMBIC, ALEMBIC_INI, BOOTSTRAP_ROLES_SQL, TIMEOUT, revision } from '../lib/parameters/shared.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'migrations',
  summary: 'Bootstrap roles, upgrade to head, grant again',
  environment: 'any',
  migrates: {
    what: 'Upgrade',
    pending: async (run) => (await import('../lib/migrations/al-up.ts')).readPending(run),
    foresee: async (run) => (await import('../lib/rehearsal/al-up/preflight.ts')).foresee(run),
  },
  parameters: {
    REV: revision('where to', 'head'),
    ALLOW: ALLOW_HAZARDS,
    ...{ ALEMBIC, ALEMBIC_INI, BOOTSTRAP_ROLES_SQL, TIMEOUT },
  },
  examples: ['make al-up-env ENV=vm_stg', 'make al-up-env ENV=vm_stg REV=20250901_090000000'],
  run: async (run) => (await import('../lib/migrations/al-up.ts')).upgrade(run),
});
