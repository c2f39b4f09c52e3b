import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'stack',
  summary: 'Stop everything; the data stays',
  environment: 'any',
  firstGoalOnly: true,
  examples: ['make down ENV=vm_stg'],
  run: async (run) => (await import('../lib/lifecycle/down.ts')).down(run),
});
