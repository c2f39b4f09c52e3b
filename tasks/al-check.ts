import { ALEMBIC, ALEMBIC_INI, BOOTSTRAP_ROLES_SQL } from '../lib/parameters/shared.ts';
import { flag, text } from '../lib/parameters/kinds.ts';
import { HTML } from '../lib/schema/report/parameters.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'migrations',
  summary: 'Try all revisions up, down and up again, on a server of their own',
  environment: 'name only',
  parameters: {
    ROWS: flag('0 leaves all tables empty', { default: '1' }),
    BASE: text('the branch that yours will be merged into, or another commit', {
      placeholder: '<branch>',
      defaultNote: 'that of the pull request, else origin’s main one',
    }),
    JSON: flag('the result as JSON'),
    HTML,
    BOOTSTRAP_ROLES_SQL,
    ALEMBIC,
    ALEMBIC_INI,
  },
  examples: ['make al-check', 'make al-check JSON=1'],
  run: async (run) => (await import('../lib/check/al-check.ts')).checkRevisions(run),
});
