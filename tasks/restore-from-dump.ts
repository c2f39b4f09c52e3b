import { ALLOW, BOOTSTRAP_ROLES_SQL, STRICT } from '../lib/parameters/shared.ts';
import { required, wholeNumber } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'Replace the database by what is in a dump of pg_dump',
  environment: 'typed',
  destructive: {
    ...{ what: 'DB restore', effect: 'destroy', countdown: 'always' },
    exchanges: () => true,
    preflight: async (run) => (await import('../lib/database/restore/restore-from-dump.ts')).checkDump(run),
  },
  parameters: {
    DUMP: required('a dump in custom or directory format or plain SQL, also .gz', { placeholder: '<file>' }),
    JOBS: wholeNumber('how many sessions restore at once', { default: '1', min: 1, max: 64 }),
    BOOTSTRAP_ROLES_SQL,
    ALLOW,
    STRICT,
  },
  examples: ['make restore-from-dump ENV=vm_stg DUMP=backups/vm_stg_core_20260401_093000.dump'],
  run: async (run) => (await import('../lib/database/restore/restore-from-dump.ts')).restoreFromDump(run),
});
