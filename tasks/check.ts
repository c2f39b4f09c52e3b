import { ALEMBIC, ALEMBIC_INI, PG_SERVICE } from '../lib/parameters/shared.ts';
import { flag } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'stack',
  summary: 'Look at configuration, engine, ports, database, roles and leftovers; change nothing',
  environment: 'name only',
  parameters: { JSON: flag('the result as JSON'), PG_SERVICE, ALEMBIC, ALEMBIC_INI },
  examples: ['make check ENV=vm_stg', 'make check ENV=vm_prod JSON=1'],
  run: async (run) => (await import('../lib/check/check.ts')).check(run),
});
