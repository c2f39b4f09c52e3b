import type { Shown } from '../database/identity.ts';
import { alembic } from './alembic.ts';

export async function downgrade(run: Shown): Promise<void> {
  const { environment, terminal, actor, values, command } = run;
  await alembic(
    run,
    { changes: true, leads: true, shown: run.identity },
    'downgrade',
    values['REV'] as string,
  );
  if (actor.dryRun) return;
  terminal.ok(`${environment.name}: downgraded (${String(values['REV'])})`);
  terminal.next(command('al-cur-env', { ENV: environment.name }));
}
