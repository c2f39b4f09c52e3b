import type { Shown } from '../database/identity.ts';
import { withRunLock } from '../database/run-lock.ts';
import { alembic, type RevisionRun } from './alembic.ts';

/** `al-down-env`: downgrades the database to REV. @throws FailedError if the migration fails */
export async function downgrade(run: Shown & RevisionRun): Promise<void> {
  const { environment, terminal, actor, values, command } = run;
  await withRunLock(run, { otherwise: 'wait' }, () =>
    alembic(run, { changes: true, leads: true, shown: run.identity }, 'downgrade', values.REV),
  );
  if (actor.dryRun) return;
  terminal.ok(`${environment.name}: downgraded (${values.REV})`);
  terminal.next(command('al-cur-env', { ENV: environment.name }));
}
