import { BACKUP_FIRST } from '../lib/parameters/shared.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'Remove containers, networks and all storage of the project, as the screen lists them',
  environment: 'typed',
  destructive: {
    what: 'DB reset',
    effect: 'destroy',
    countdown: 'always',
    removesStorage: () => true,
    backupFirst: ({ KEEP }) => KEEP === true,
  },
  parameters: { KEEP: BACKUP_FIRST },
  examples: [
    'make db-reset-volume-env ENV=vm_stg',
    'make db-reset-volume-env ENV=vm_stg KEEP=1',
    'make db-reset-volume-env ENV=vm_prod FORCE=1',
  ],
  run: async (run) => (await import('../lib/database/replace/db-reset-volume.ts')).resetVolume(run),
});
