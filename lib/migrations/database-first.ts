import { isEmpty } from '../database/revisions.ts';
import type { StackRun } from '../run/run.ts';
import type { Giving } from '../parameters/parameter.ts';

/**
 * Migrates before the application starts: an application may migrate when it starts, and two migrations at once
 * collide. If the database is not running, only the database is started. If it is empty, services that could migrate it
 * are stopped; otherwise only services that restart endlessly because tables are missing. After `work`, everything is
 * started.
 *
 * @param work migrates the database
 */
export async function databaseFirst<T>(
  run: StackRun<Giving<{ TIMEOUT: number }>>,
  work: () => Promise<T>,
): Promise<T> {
  const { stack, terminal, actor, values, environment, command } = run;
  const { application } = stack;
  if (!application || actor.dryRun) return work();
  const { TIMEOUT: timeout } = values;
  const runs = await application.databaseRuns();
  const empty = runs && (await stack.withClient(stack.database.name, isEmpty));
  const left = await application.leftStopped();
  if (left.length > 0)
    terminal.info(`${left.join(', ')}: stopped by a run that was ended itself; started when it is migrated`);
  const { services } = await application.holdBack(runs && !empty ? 'restarting' : 'all');
  if (services.length > 0) terminal.info(`${services.join(', ')}: stopped until the database is migrated`);
  if (!runs) {
    terminal.info('the database is started first, and the rest when it is migrated');
    if (environment.entry.local === true) await stack.build();
    await stack.up({ build: false, timeout, only: 'database' });
  }
  let done: T;
  try {
    done = await work();
  } catch (error) {
    if (services.length > 0)
      terminal.warn(
        `${services.join(', ')}: still stopped; started when it is migrated, or by ${command('up', { ENV: environment.name })}`,
      );
    throw error;
  }
  if (runs && !empty && services.length === 0 && left.length === 0) return done;
  await stack.up({ build: false, timeout, orphans: 'ignore' });
  return done;
}
