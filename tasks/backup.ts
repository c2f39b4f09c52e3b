import { text } from '../lib/params.ts';
import { defineTask } from '../lib/task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'Take a custom-format dump and make sure that it can be read',
  environment: 'any',
  parameters: {
    BACKUP_DIR: text('the folder to put it in', { default: 'backups', placeholder: '<folder>' }),
  },
  examples: ['make backup ENV=vm_prod', 'make backup ENV=vm_prod BACKUP_DIR=/mnt/backups'],
  run: async (run) => (await import('../lib/database/backup.ts')).backup(run),
});
