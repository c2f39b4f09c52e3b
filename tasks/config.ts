import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'stack',
  summary: 'Print the resolved compose configuration, secrets hidden',
  environment: 'any',
  examples: ['make config ENV=vm_stg'],
  run: async (run) => (await import('../lib/lifecycle/config.ts')).config(run),
});
