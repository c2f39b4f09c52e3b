import { TIMEOUT } from '../lib/parameters/shared.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'stack',
  summary: 'Restart the containers and wait for the database',
  environment: 'any',
  firstGoalOnly: true,
  parameters: { TIMEOUT },
  examples: ['make restart ENV=vm_stg'],
  run: async (run) => (await import('../lib/lifecycle/restart.ts')).restart(run),
});
