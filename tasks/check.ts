import { flag } from '../lib/params.ts';
import { defineTask } from '../lib/task.ts';

export default defineTask(import.meta.url, {
  group: 'stack',
  summary: 'Check configuration, engine and database without changing anything',
  environment: 'any',
  parameters: { JSON: flag('the result as JSON') },
  examples: ['make check ENV=vm_stg'],
  run: async (run) => (await import('../lib/stack/commands.ts')).check(run),
});
