import { describeRevisions, missingHeads, readCertainRevisions } from '../database/revisions.ts';
import { FailedError } from '../errors.ts';
import { failed } from './failed.ts';
import type { StackRun } from '../run/run.ts';
import { readLanded } from './alembic.ts';
import { readHeads } from './ask-alembic.ts';
import type { Giving } from '../parameters/parameter.ts';

/**
 * `al-cur-env`: shows the current revision, and whether it is head.
 *
 * @throws FailedError if Alembic fails, and with CHECK=1 if the database is not at head
 */
export async function current(
  run: StackRun<Giving<{ CHECK: boolean; ALEMBIC_INI: string | undefined }>>,
): Promise<void> {
  const { environment, stack, terminal, values, command } = run;
  const notAtHead = (why: string, next?: string): void => {
    if (values.CHECK) throw new FailedError(why, next === undefined ? {} : { hint: next });
    terminal.warn(why);
    if (next !== undefined) terminal.next(next);
  };
  const { ALEMBIC_INI: ini } = values;
  const now = await stack.alembic(['current'], { ini, foldTraceback: true });
  if (now.status !== 0) throw await failed(run, now, ['current']);
  const heads = now.heads ?? (await readHeads(run));
  const at = now.plans
    ? await readLanded(run, now.plans)
    : await stack.withClient(stack.database.name, readCertainRevisions);
  if (!at)
    return notAtHead(
      `whether ${environment.name} is at head cannot be said: its version table cannot be told, and neither can the database that alembic reached`,
    );
  const missing = missingHeads(at, heads.ends);
  if (at.length > 0 && missing.length === 0) {
    terminal.ok(`${environment.name} is at head (${at.join(', ')})`);
    terminal.next(command('db-dump-schema-env', { ENV: environment.name }));
  } else {
    notAtHead(
      `${environment.name} ${describeRevisions(at)}, not at head (${missing.join(', ')})`,
      command('al-up-env', { ENV: environment.name }),
    );
  }
}
