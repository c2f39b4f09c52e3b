import { choice } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'project',
  summary: 'Run the tests: unit and integration, or the suite that PROJECT names',
  environment: 'none',
  parameters: {
    PROJECT: choice('one suite, or all of them', ['unit', 'integration', 'slow', 'cluster', 'e2e', 'all']),
  },
  examples: ['make test', 'make test PROJECT=unit', 'make test PROJECT=all'],
  run: async (run) => (await import('../lib/project/test.ts')).test(run),
});
