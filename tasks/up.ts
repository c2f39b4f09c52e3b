import { ORPHANS, TIMEOUT } from '../lib/parameters/shared.ts';
import { text } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'stack',
  summary: 'Start everything and return when the database answers',
  environment: 'any',
  parameters: {
    S: text('the database only, by the name of its service', {
      placeholder: '<service>',
      defaultNote: 'all',
    }),
    TIMEOUT,
    ORPHANS,
  },
  examples: ['make up', 'make up S=db', 'make up ENV=vm_stg', 'make up ENV=vm_stg TIMEOUT=180'],
  run: async (run) => (await import('../lib/lifecycle/up.ts')).up(run),
});
