import { applyRoles, rolesScript } from '../database/db-bootstrap-roles.ts';
import { ensureMarker } from '../database/marker.ts';
import { databaseFirst } from './database-first.ts';
import type { StackRun } from '../run/run.ts';
import { migrate } from './alembic.ts';
import type { Giving } from '../parameters/parameter.ts';

/**
 * `al-up-env`: runs the script for roles, then the migrations, then the script again. The migrations need the roles;
 * the grants need the schemas and tables that the migrations create.
 */
export async function upgrade(
  run: StackRun<
    Giving<{
      REV: string;
      ALEMBIC_INI: string | undefined;
      BOOTSTRAP_ROLES_SQL: string | undefined;
      TIMEOUT: number;
    }>
  >,
): Promise<void> {
  const { environment, terminal, actor, values, command } = run;
  await databaseFirst(run, async () => {
    // Checks the password first: Alembic would report a wrong one with a traceback.
    await applyRoles(run, Promise.all([ensureMarker(run), actor.dryRun || run.stack.checkPassword()]));
    await applyRoles(run, migrate(run, values.REV));
  });
  if (actor.dryRun) return;
  const readable = rolesScript(run) === undefined ? '' : '; roles can read what was made';
  terminal.ok(`${environment.name}: migrated to ${values.REV}${readable}`);
  terminal.next(command('al-cur-env', { ENV: environment.name }));
}
