import { ALEMBIC, ALEMBIC_INI, BOOTSTRAP_ROLES_SQL } from '../lib/parameters/shared.ts';
import { flag } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'migrations',
  summary: 'Try all revisions up, down and up again, on a server of their own',
  environment: 'name only',
  parameters: {
    ROWS: flag('0 leaves all tables empty', { default: '1' }),
    JSON: flag('the result as JSON'),
    BOOTSTRAP_ROLES_SQL,
    ALEMBIC,
    ALEMBIC_INI,
  },
  examples: ['make al-check', 'make al-check JSON=1'],
  run: async (run) => (await import('../lib/check/al-check.ts')).checkRevisions(run),
});
