import { REBUILD_PARAMETERS } from '../lib/db-rebuild/parameters.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'The whole runbook: reset, up, roles, migrations to head, seed, and proof of it',
  environment: 'typed',
  destructive: {
    what: 'DB rebuild',
    effect: 'destroy',
    countdown: 'always',
    removesStorage: ({ METHOD }) => METHOD === 'volume',
    backupFirst: ({ KEEP }) => KEEP === true,
    exchanges: ({ METHOD }) => METHOD === 'db',
    preflight: async (run) => (await import('../lib/db-rebuild/preflight.ts')).checkRebuild(run),
  },
  parameters: REBUILD_PARAMETERS,
  examples: ['make db-rebuild-env ENV=vm_stg', 'make db-rebuild-env ENV=vm_stg BASE=local_dev METHOD=db'],
  run: async (run) => (await import('../lib/db-rebuild/db-rebuild.ts')).rebuild(run),
});
