import { applyRoles, type RolesRun } from '../database/db-bootstrap-roles.ts';
import type { Environment } from '../environment/resolve.ts';
import { makeActor } from '../output/actor.ts';
import { ofAnyTask } from '../run/open-environment.ts';
import type { Run, StackRun } from '../run/run.ts';
import { withScratchServer } from '../stack/embedded/scratch.ts';
import type { AlembicOptions, AlembicResult } from '../stack/alembic/run-alembic.ts';
import { makeSureItLanded, type AlembicRun } from './alembic.ts';
import { iniHere } from './ini-here.ts';
import { withServiceVariables } from './service-variables.ts';

/** A run on a scratch server. */
export type ScratchRun = RolesRun & AlembicRun;

/** What says where the migrations are. */
export type MigrationsRun = Run & Pick<StackRun, 'environment'>;

interface OfThisMachine {
  readonly ALEMBIC_INI?: string | undefined;
  readonly BOOTSTRAP_ROLES_SQL?: string | undefined;
}

/**
 * Runs `work` on a scratch server, on which the roles' script was run as `al-up-env` does it. The migrations are those of
 * this checkout, and Alembic is that of this machine. No database of the team is touched.
 *
 * @param database its name and owner; default: those of the env files
 * @throws ConfigurationError if this machine has no embedded PostgreSQL, no Alembic or no alembic.ini
 */
export function onScratch<T>(
  run: MigrationsRun,
  work: (scratch: ScratchRun) => Promise<T>,
  database = databaseOf(run.environment),
): Promise<T> {
  const { environment: own, terminal, signal } = run;
  const { ALEMBIC: alembic } = ofAnyTask(run);
  const { ALEMBIC_INI, BOOTSTRAP_ROLES_SQL }: OfThisMachine = run.values;
  const ini = iniHere(own, ALEMBIC_INI);
  const options = { alembic, terminal, signal, database };
  return withScratchServer(withServiceVariables(own), options, async (stack, environment) => {
    const values = { ...run.values, ALEMBIC_INI: ini, BOOTSTRAP_ROLES_SQL };
    const scratch = { ...run, values, environment, stack, actor: makeActor(false, terminal) };
    await applyRoles(scratch);
    return work(scratch);
  });
}

/**
 * Runs all revisions, or those up to `to`, on a scratch server, and the roles' script once more: its grants need the tables.
 *
 * @param how see `AlembicOptions`
 * @returns what alembic says; if it failed, its status is not 0, and the caller says so
 * @throws FailedError if env.py did not lead the database to the heads, or the script failed
 */
export async function upgradeScratch(
  scratch: ScratchRun,
  { to = 'heads', ...how }: Pick<AlembicOptions, 'trace' | 'walk'> & { readonly to?: string } = {},
): Promise<AlembicResult> {
  const { ALEMBIC_INI: ini } = scratch.values;
  const options = { ...how, ini, quiet: true, foldTraceback: true };
  const result = await scratch.stack.alembic(['upgrade', to], options);
  // On the way there are no planned revisions, and not all tables.
  if (result.status !== 0 || how.walk?.end) return result;
  await makeSureItLanded(scratch, result.plans);
  await applyRoles(scratch);
  return result;
}

const databaseOf = ({ variables, project }: Environment): { name: string; user: string } => ({
  // A compose file may call these variables otherwise: then any names do.
  name: variables.get('POSTGRES_DB')?.value ?? project,
  user: variables.get('POSTGRES_USER')?.value ?? 'postgres',
});
