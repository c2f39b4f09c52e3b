import { ALLOW, BOOTSTRAP_ROLES_SQL, STRICT } from '../lib/parameters/shared.ts';
import { required } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'Replace the database by what an SQL script makes',
  environment: 'typed',
  destructive: {
    what: 'DB restore',
    effect: 'destroy',
    countdown: 'always',
    exchanges: () => true,
    preflight: async (run) => (await import('../lib/database/restore/restore-from-sql.ts')).checkSql(run),
  },
  parameters: {
    SQL: required('a plain SQL script, also .gz', { placeholder: '<file>' }),
    BOOTSTRAP_ROLES_SQL,
    ALLOW,
    STRICT,
  },
  examples: ['make restore-from-sql ENV=local_dev SQL=backups/seed.sql'],
  run: async (run) => (await import('../lib/database/restore/restore-from-sql.ts')).restoreFromSql(run),
});
