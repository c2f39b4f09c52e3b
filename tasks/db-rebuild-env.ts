import {
  ALEMBIC,
  ALEMBIC_INI,
  BASE,
  BOOTSTRAP_ROLES_SQL,
  PRIVILEGES,
  REBUILD_STEPS,
  TIMEOUT,
} from '../lib/parameters.ts';
import { choice } from '../lib/params.ts';
import { defineTask } from '../lib/task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'The whole runbook: reset, up, roles, migrations to head, and proof of it',
  environment: 'typed',
  destructive: {
    what: 'DB rebuild',
    effect: 'destroy',
    countdown: 'always',
    preflight: async (run) => (await import('../lib/rebuild/preflight.ts')).checkRebuild(run),
  },
  parameters: {
    METHOD: choice('remove the storage, or replace the database in it', ['volume', 'db'], {
      default: 'volume',
    }),
    BASE,
    FROM: choice('the first step', REBUILD_STEPS, { defaultNote: 'the one that failed last, else reset' }),
    UNTIL: choice('the last step', REBUILD_STEPS, { default: 'verify' }),
    ...{ PRIVILEGES, BOOTSTRAP_ROLES_SQL, ALEMBIC, ALEMBIC_INI, TIMEOUT },
  },
  examples: ['make db-rebuild-env ENV=vm_stg', 'make db-rebuild-env ENV=vm_stg BASE=local_dev METHOD=db'],
  run: async (run) => (await import('../lib/rebuild/rebuild.ts')).rebuild(run),
});
