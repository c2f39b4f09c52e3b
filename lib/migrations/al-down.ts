import { reportKept } from '../database/replace/kept.ts';
import { withRunLock } from '../database/run-lock.ts';
import { keepCopy } from '../database/saves/keep-copy.ts';
import { alembic, type RevisionRun } from './alembic.ts';

/**
 * `al-down-env`: downgrades the database to REV. A copy of it is kept first, unless the environment is protected.
 *
 * @throws FailedError if the migration fails
 */
export async function downgrade(run: Parameters<typeof keepCopy>[0] & RevisionRun): Promise<void> {
  const { environment, terminal, actor, values, command } = run;
  await withRunLock(run, { otherwise: 'wait' }, async () => {
    const kept = await keepCopy(run, 'downgrade');
    try {
      await alembic(run, { changes: true, leads: true, shown: run.identity }, 'downgrade', values.REV);
      if (!actor.dryRun) terminal.ok(`${environment.name}: downgraded (${values.REV})`);
    } finally {
      // Also after a failure: some revisions may be undone by then.
      if (kept !== undefined) reportKept(run, kept);
    }
  });
  if (actor.dryRun) return;
  terminal.next(command('al-cur-env', { ENV: environment.name }));
}
