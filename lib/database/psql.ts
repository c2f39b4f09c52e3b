import { FailedError } from '../errors.ts';
import { personsOnly } from '../run/persons-only.ts';
import type { StackRun } from '../run/run.ts';
import { refuseOtherMarker } from './marker.ts';
import type { Giving } from '../parameters/parameter.ts';

/**
 * `psql`: opens psql on the environment's database, inside its container if it has one. A protected environment is read
 * only unless the person passes WRITE=1.
 *
 * @throws RefusedError if the database is marked for another environment, to an assistant where it is protected, and with
 * WRITE=1 where changes need a signature
 * @throws FailedError with psql's exit status
 */
export async function psql(
  run: StackRun<Giving<{ SQL: string | undefined; WRITE: boolean | undefined }>>,
): Promise<void> {
  const { stack, environment, terminal, values } = run;
  const { name, user } = stack.database;
  const write = values.WRITE ?? !environment.entry.protected;
  await personsOnly(run, 'psql WRITE=1', write);
  await stack.withClient(name, (client) => refuseOtherMarker(client, run));
  terminal.info(
    `${environment.name}: ${name} as ${user}${write ? '' : ', read only (WRITE=1 changes that)'}`,
  );
  const sql = values.SQL;
  const status = await stack.psql({ sql, readOnly: !write, environment: environment.name });
  if (status !== 0) throw new FailedError(`psql ended with status ${status}`, { status });
}
