import { text } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'project',
  summary: 'Run all tests; those that need a container engine where one answers',
  environment: 'none',
  parameters: { PROJECT: text('one of unit, integration, e2e', { placeholder: '<project>' }) },
  examples: ['make test', 'make test PROJECT=unit'],
  run: async (run) => (await import('../lib/project/test.ts')).test(run),
});
