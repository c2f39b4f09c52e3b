import { applyRoles, rolesScript } from '../database/db-bootstrap-roles.ts';
import { ensureMarker } from '../database/marker.ts';
import { withRunLock } from '../database/run-lock.ts';
import { databaseFirst } from './database-first.ts';
import type { DestructiveRun, StackRun } from '../run/run.ts';
import type { Pending } from '../stack/alembic/pending.ts';
import { listed } from '../stack/alembic/failure-report.ts';
import type { Allowable } from './allow.ts';
import { migrate, targetOf, type AlembicRun, type RevisionRun } from './alembic.ts';
import { failed } from './failed.ts';
import type { Giving } from '../parameters/parameter.ts';

type UpgradeRun = Partial<Pick<DestructiveRun, 'identity' | 'pending' | 'foreseen'>> &
  StackRun<
    Giving<{
      REV: string;
      ALEMBIC_INI: string | undefined;
      BOOTSTRAP_ROLES_SQL: string | undefined;
      TIMEOUT: number;
    }>
  >;

/**
 * `al-up-env`: runs the script for roles, then the migrations, then the script again. The migrations need the roles;
 * the grants need the schemas and tables that the migrations create. One at a time: a second one waits, and then finds
 * nothing to do.
 */
export async function upgrade(run: UpgradeRun): Promise<void> {
  const { environment, terminal, actor, values, command } = run;
  const { ALLOW: allowed = [] } = values as { ALLOW?: readonly Allowable[] };
  if (allowed.length > 0 && !environment.entry.protected)
    terminal.warn(`ALLOW=${allowed.join(',')} has no effect: ${environment.name} is not protected`);
  const readable = actor.dryRun || ((await run.stack.application?.databaseRuns()) ?? true);
  const count = await withRunLock(run, { otherwise: 'wait', readable }, () =>
    // Again: a server that was only now started has no lock yet.
    databaseFirst(run, () => withRunLock(run, { otherwise: 'wait' }, () => upgradeAlone(run))),
  );
  if (actor.dryRun) return;
  const roles = rolesScript(run) === undefined ? '' : '; roles can read what was made';
  const done = count === 0 ? `nothing to migrate, it is at ${values.REV}` : `migrated to ${values.REV}`;
  terminal.ok(`${environment.name}: ${done}${roles}`);
  terminal.next(command('al-cur-env', { ENV: environment.name }));
}

/** @returns how many migrations were run */
async function upgradeAlone(run: UpgradeRun): Promise<number> {
  // Checks the password first: Alembic would report a wrong one with a traceback.
  await applyRoles(run, Promise.all([ensureMarker(run), run.actor.dryRun || run.stack.checkPassword()]));
  const { environment, terminal, stack, pending: shown, foreseen } = run;
  const onPending = (pending: readonly Pending[]): void => {
    if (pending.length === 0) return;
    const ids = listed(pending.map(({ id }) => id));
    terminal.info(`to run on database ${stack.database.name} of ${environment.name}: ${ids}`);
  };
  const migrating = migrate(run, run.values.REV, undefined, {
    ...{ shown: run.identity, rehearsal: foreseen?.rehearsal },
    // On a protected environment the guard has shown them.
    ...(shown ? { revisions: shown.map(({ id }) => id) } : { onPending }),
  });
  const verified = migrating.then(async (count) => {
    if (!run.actor.dryRun) await foreseen?.verify?.(run);
    return count;
  });
  await applyRoles(run, verified);
  return verified;
}

/**
 * Asks Alembic which revisions an upgrade would run. Nothing is changed.
 *
 * @returns oldest first
 * @throws FailedError if Alembic cannot tell, as the upgrade itself would
 */
export const readPending = (run: RevisionRun): Promise<readonly Pending[]> =>
  readSteps(run, 'upgrade', targetOf(run, run.values.REV));

/** The same for either way, in the order in which they run. */
export async function readSteps(
  run: AlembicRun,
  ...args: readonly ['upgrade' | 'downgrade', string]
): Promise<readonly Pending[]> {
  const { ALEMBIC_INI: ini } = run.values;
  const result = await run.stack.alembic(args, { ini, quiet: true, foldTraceback: true, look: true });
  if (result.status !== 0) throw await failed(run, result, args);
  return result.pending ?? [];
}
