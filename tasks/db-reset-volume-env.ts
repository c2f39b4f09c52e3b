import { defineTask } from '../lib/task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'Remove containers and storage: docker compose down -v, and a bind mount as well',
  environment: 'typed',
  destructive: {
    what: 'DB reset',
    effect: 'destroy',
    countdown: 'always',
    preflight: async (run) => (await import('../lib/database/reset-volume.ts')).checkVolume(run),
  },
  examples: ['make db-reset-volume-env ENV=vm_stg', 'make db-reset-volume-env ENV=vm_prod FORCE=1'],
  run: async (run) => (await import('../lib/database/reset-volume.ts')).resetVolume(run),
});
