import { choice, flag, text } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'schema',
  summary: 'Write the schema to a file: the same schema gives the same bytes',
  environment: 'any',
  parameters: {
    OUT: text('the file to write, or - for standard output', {
      placeholder: '<file>',
      defaultNote: 'backups/schema_<environment>.sql',
    }),
    FORMAT: choice("custom is pg_dump's own, for pg_restore", ['plain', 'custom'], { default: 'plain' }),
    RAW: flag("keep pg_dump's own text, passwords and all"),
  },
  examples: ['make db-dump-schema-env ENV=vm_stg OUT=backups/schema_stg.sql'],
  run: async (run) => (await import('../lib/schema/db-dump-schema.ts')).dumpSchema(run),
});
