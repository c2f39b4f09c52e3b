import { BOOTSTRAP_ROLES_SQL } from '../lib/parameters/shared.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'Make the roles and grant their rights; may be repeated',
  environment: 'any',
  parameters: { BOOTSTRAP_ROLES_SQL },
  examples: ['make db-bootstrap-roles-env ENV=vm_stg'],
  run: async (run) => (await import('../lib/database/db-bootstrap-roles.ts')).bootstrapRoles(run),
});
