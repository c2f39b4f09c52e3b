import { ALLOW, BACKUP_DIR, PG_SERVICE } from '../lib/parameters/shared.ts';
import { flag, text } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'Prove a backup: restore it beside, look whether all came back, remove it',
  environment: 'name only',
  parameters: {
    DUMP: text('the backup', { placeholder: '<file>', defaultNote: 'the newest of ENV' }),
    ON: text('the environment on whose server it is restored', {
      placeholder: '<environment>',
      defaultNote: 'ENV itself, beside its database',
    }),
    BACKUP_DIR,
    ALLOW,
    PG_SERVICE,
    JSON: flag('the result as JSON'),
  },
  examples: ['make backup-drill-env ENV=vm_prod', 'make backup-drill-env ENV=vm_prod ON=local_demo'],
  run: async (run) => (await import('../lib/drill/backup-drill.ts')).backupDrill(run),
});
