import { BACKUP_DIR } from '../lib/parameters/shared.ts';
import { wholeNumber } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'Take a dump, read it back to its end, and put its facts beside it',
  environment: 'any',
  parameters: {
    BACKUP_DIR,
    KEEP: wholeNumber('keep the newest <number> of the environment and database, remove the others', {
      min: 1,
    }),
    JOBS: wholeNumber('how many jobs dump at once; with more than one, in directory format', {
      default: '1',
      min: 1,
      max: 64,
    }),
  },
  examples: ['make backup ENV=vm_prod', 'make backup ENV=vm_prod BACKUP_DIR=/mnt/backups KEEP=14'],
  run: async (run) => (await import('../lib/database/backup/backup.ts')).backup(run),
});
