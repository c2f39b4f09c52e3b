import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'project',
  summary: 'The whole runbook on local_demo, which it empties; needs no Docker',
  environment: 'none',
  firstGoalOnly: true,
  examples: ['make demo'],
  run: async (run) => (await import('../lib/project/demo.ts')).demo(run),
});
