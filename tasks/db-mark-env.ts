import { TYPED_ENV } from '../lib/parameters/shared.ts';
import { text } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'Show which environment the database is marked for, or change that',
  environment: 'any',
  parameters: {
    ENV: TYPED_ENV,
    REPLACE: text('the marker that is there, typed, to replace it', {
      placeholder: '<environment>',
      commandLineOnly: true,
    }),
  },
  examples: ['make db-mark-env ENV=vm_stg', 'make db-mark-env ENV=vm_stg REPLACE=vm_prod'],
  run: async (run) => (await import('../lib/database/db-mark.ts')).markEnvironment(run),
});
