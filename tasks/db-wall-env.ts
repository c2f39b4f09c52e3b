import { TYPED_ENV } from '../lib/parameters/shared.ts';
import { choice } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'Show what holds the database against DROP and TRUNCATE typed by hand',
  environment: 'any',
  parameters: {
    ENV: TYPED_ENV,
    WALL: choice('puts up what is missing of it', ['up']),
  },
  examples: ['make db-wall-env ENV=vm_prod', 'make db-wall-env ENV=vm_prod WALL=up'],
  run: async (run) => (await import('../lib/database/db-wall.ts')).showWall(run),
});
