import { choice } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'Take down what holds the database against DROP and TRUNCATE, until the next up',
  environment: 'typed',
  parameters: {
    WALL: choice('takes it down only for the tables that `wall: { except }` of the registry names', [
      'except',
    ]),
  },
  destructive: {
    ...{ what: 'Removal of the wall', effect: 'change', countdown: 'when protected', endsWall: true },
    preflight: async (run) => (await import('../lib/database/db-drop-wall.ts')).mayDropWall(run),
  },
  examples: [
    'make db-drop-wall-env ENV=vm_prod FORCE=1',
    'make db-drop-wall-env ENV=vm_prod WALL=except FORCE=1',
  ],
  run: async (run) => (await import('../lib/database/db-drop-wall.ts')).dropWall(run),
});
