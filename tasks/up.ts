import { ORPHANS, TIMEOUT } from '../lib/parameters.ts';
import { defineTask } from '../lib/task.ts';

export default defineTask(import.meta.url, {
  group: 'stack',
  summary: 'Start everything and return when the database answers',
  environment: 'any',
  asksDatabase: true,
  parameters: { TIMEOUT, ORPHANS },
  examples: ['make up', 'make up ENV=vm_stg', 'make up ENV=vm_stg TIMEOUT=180'],
  run: async (run) => (await import('../lib/stack/commands.ts')).up(run),
});
