import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'stack',
  summary: 'List the containers',
  environment: 'any',
  examples: ['make ps ENV=vm_stg'],
  run: async (run) => (await import('../lib/lifecycle/ps.ts')).ps(run),
});
