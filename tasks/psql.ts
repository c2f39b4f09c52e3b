import { flag, text } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'Open psql on the right database; reads only where it is protected',
  environment: 'any',
  parameters: {
    SQL: text('run this and end; without it, what is typed or piped', { placeholder: '<sql>', bare: true }),
    WRITE: flag('1 lets it change data, 0 does not', {
      defaultNote: '0 where it is protected, else 1',
      commandLineOnly: true,
    }),
  },
  examples: ['make psql', 'make psql ENV=vm_stg SQL="SELECT count(*) FROM orders"'],
  run: async (run) => (await import('../lib/database/psql.ts')).psql(run),
});
