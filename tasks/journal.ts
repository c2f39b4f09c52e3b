import { flag } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'project',
  summary: 'Show the destructive runs on record: when, who, what, and how it ended',
  environment: 'name only',
  parameters: { JSON: flag('print them as a JSON array, for programs') },
  examples: ['make journal ENV=vm_prod', 'make journal ENV=vm_stg JSON=1'],
  run: async (run) => (await import('../lib/guard/record/journal.ts')).showJournal(run),
});
