import { text } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'project',
  summary: 'Show all tasks, or one with its parameters',
  environment: 'none',
  parameters: { TASK: text('one task', { placeholder: '<task>', bare: true }) },
  examples: ['make', 'make help down', 'make help TASK=db-dump-schema-env'],
  run: async (run) => (await import('../lib/task/help.ts')).help(run),
});
