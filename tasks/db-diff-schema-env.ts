import { ALEMBIC } from '../lib/parameters/shared.ts';
import { flag, text } from '../lib/parameters/kinds.ts';
import { HTML, JSON_RESULT, VERBOSE } from '../lib/schema/report/parameters.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'schema',
  summary: 'Compare the schema with that of another environment, or of a dump',
  environment: 'any',
  parameters: {
    BASE: text('an environment, a dump file, or migrations', { defaultNote: 'the default environment' }),
    DUMP: text('a dump file of ENV, read instead of its database', { placeholder: '<file>' }),
    PRIVILEGES: flag('0 leaves owners, privileges and roles out', { default: '1' }),
    VERBOSE,
    JSON: JSON_RESULT,
    HTML,
    ALEMBIC,
  },
  examples: [
    'make db-diff-schema-env ENV=vm_stg BASE=local_dev',
    'make db-diff-schema-env ENV=vm_stg BASE=migrations VERBOSE=1',
  ],
  run: async (run) => (await import('../lib/schema/db-diff-schema.ts')).diffSchema(run),
});
