import { ALEMBIC, ALEMBIC_INI, ALLOW, BACKUP_DIR, revision } from '../lib/parameters/shared.ts';
import { flag, text } from '../lib/parameters/kinds.ts';
import { HTML } from '../lib/schema/report/parameters.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'migrations',
  summary: 'Migrate a copy of the database: what each statement does, locks and loses',
  environment: 'any',
  parameters: {
    ON: text('whose server has the copy', { placeholder: '<environment>', defaultNote: 'ENV, or a new one' }),
    TO: revision('where to; one before the present one rehearses the downgrade', 'head'),
    DATA: flag('0 copies the schema only, without a backup', { default: '1' }),
    BACKUP_DIR,
    ALLOW,
    ALEMBIC,
    ALEMBIC_INI,
    JSON: flag('the receipt as JSON'),
    HTML,
  },
  examples: ['make al-rehearse-env ENV=vm_prod', 'make al-rehearse-env ENV=vm_stg ON=local_demo'],
  run: async (run) => (await import('../lib/rehearsal/al-rehearse.ts')).rehearse(run),
});
