import type { Shown } from '../database/identity.ts';
import { withRunLock } from '../database/run-lock.ts';
import { alembic, type RevisionRun } from './alembic.ts';

/** `al-stamp-env`: writes REV into the version table, without running a migration. */
export async function stamp(run: Shown & RevisionRun): Promise<void> {
  const { environment, terminal, actor, values, command } = run;
  await withRunLock(run, { otherwise: 'wait' }, () =>
    alembic(run, { changes: true, leads: true, shown: run.identity }, 'stamp', values.REV),
  );
  if (actor.dryRun) return;
  terminal.ok(`${environment.name}: marked as ${values.REV}; no table was changed`);
  terminal.next(command('al-cur-env', { ENV: environment.name }));
}
