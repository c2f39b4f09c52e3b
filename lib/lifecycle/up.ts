import { UsageError } from '../errors.ts';
import type { StackRun } from '../run/run.ts';
import type { Orphans } from '../stack/stack.ts';
import { begin } from './begin.ts';
import type { Giving } from '../parameters/parameter.ts';

type Up = StackRun<Giving<{ TIMEOUT: number; ORPHANS: Orphans; S: string | undefined }>>;

export async function up(run: Up): Promise<void> {
  const build = run.environment.entry.local === true;
  const { TIMEOUT: timeout, ORPHANS: orphans } = run.values;
  const only = onlyDatabase(run);
  await begin(run, () => run.stack.up({ build, timeout, orphans, ...only }));
}

/** @throws UsageError for any service but the database: `up` waits until the database answers */
function onlyDatabase({ values, stack, command, environment }: Up): { only?: 'database' } {
  const service = values.S;
  if (service === undefined) return {};
  const { service: known } = stack.database;
  if (service === known) return { only: 'database' };
  const [all, one] = [{ ENV: environment.name }, { ENV: environment.name, S: known }];
  throw new UsageError(`S=${service}: up starts everything, or the database alone`, {
    hint: `${command('up', one)}\n${command('up', all)}`,
  });
}
