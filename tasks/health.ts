import { flag } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'stack',
  summary: 'Show the state of every service and whether the database answers',
  environment: 'any',
  parameters: { JSON: flag('the result as JSON') },
  examples: ['make health ENV=vm_stg'],
  run: async (run) => (await import('../lib/lifecycle/health.ts')).health(run),
});
