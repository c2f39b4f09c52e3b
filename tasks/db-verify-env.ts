import { ALEMBIC, ALEMBIC_INI } from '../lib/parameters/shared.ts';
import { flag, text } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'schema',
  summary: 'Check that an environment is as it should be, and as another one',
  environment: 'any',
  parameters: {
    BASE: text('an environment, a dump file, or migrations', { placeholder: '<environment>' }),
    PRIVILEGES: flag('0 leaves owners and privileges out of the comparison', { default: '1' }),
    JSON: flag('the result as JSON'),
    ALEMBIC,
    ALEMBIC_INI,
  },
  examples: ['make db-verify-env ENV=vm_stg BASE=local_dev'],
  run: async (run) => (await import('../lib/schema/verify/db-verify.ts')).verifyEnvironment(run),
});
