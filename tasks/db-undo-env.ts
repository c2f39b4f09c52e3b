import { text } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'Bring back the database from before the last reset or restore; the present one is kept',
  environment: 'typed',
  destructive: {
    what: 'Undoing the last reset or restore',
    effect: 'change',
    countdown: 'always',
    exchanges: () => 'always',
    preflight: async (run) => (await import('../lib/database/replace/db-undo.ts')).checkUndo(run),
  },
  parameters: { NAME: text('another old database than the latest', { placeholder: '<database>' }) },
  examples: ['make db-undo-env ENV=vm_prod FORCE=1'],
  run: async (run) => (await import('../lib/database/replace/db-undo.ts')).undo(run),
});
