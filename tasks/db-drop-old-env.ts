import { text } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'Remove the old databases that resets and restores have kept',
  environment: 'typed',
  destructive: {
    what: 'Removal of old databases',
    effect: 'destroy',
    countdown: 'always',
    preflight: async (run) => (await import('../lib/database/replace/db-drop-old.ts')).checkKept(run),
  },
  parameters: { NAME: text('one of them only', { placeholder: '<database>' }) },
  examples: ['make db-drop-old-env ENV=vm_prod FORCE=1'],
  run: async (run) => (await import('../lib/database/replace/db-drop-old.ts')).dropKept(run),
});
