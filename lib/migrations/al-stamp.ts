import type { Shown } from '../database/identity.ts';
import { alembic } from './alembic.ts';

export async function stamp(run: Shown): Promise<void> {
  const { environment, terminal, actor, values, command } = run;
  await alembic(run, { changes: true, leads: true, shown: run.identity }, 'stamp', values['REV'] as string);
  if (actor.dryRun) return;
  terminal.ok(`${environment.name}: marked as ${String(values['REV'])}; no table was changed`);
  terminal.next(command('al-cur-env', { ENV: environment.name }));
}
