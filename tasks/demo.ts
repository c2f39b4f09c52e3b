import { defineTask } from '../lib/task.ts';

export default defineTask(import.meta.url, {
  group: 'project',
  summary: 'The set-up and the whole runbook on local_demo, without Docker',
  environment: 'none',
  examples: ['make demo'],
  run: async (run) => (await import('../lib/demo.ts')).demo(run),
});
