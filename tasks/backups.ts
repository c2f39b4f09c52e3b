import { BACKUP_DIR } from '../lib/parameters/shared.ts';
import { flag } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'List the backups of an environment, and read each to see whether it is whole',
  environment: 'any',
  parameters: { BACKUP_DIR, JSON: flag('print the list as JSON') },
  examples: ['make backups ENV=vm_prod', 'make backups ENV=vm_prod JSON=1'],
  run: async (run) => (await import('../lib/database/backup/backups.ts')).backups(run),
});
