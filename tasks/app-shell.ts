import { text } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'stack',
  summary: "A shell in the application's container, or one command (CMD)",
  environment: 'any',
  parameters: {
    CMD: text('run this and end', { placeholder: '<command>', bare: true }),
    S: text('another service', { placeholder: '<service>', defaultNote: 'the application' }),
  },
  examples: ['make app-shell', 'make app-shell ENV=vm_stg CMD="python -V"'],
  run: async (run) => (await import('../lib/lifecycle/app-shell.ts')).appShell(run),
});
