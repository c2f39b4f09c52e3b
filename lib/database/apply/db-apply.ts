import type { DestructiveRun } from '../../run/run.ts';
import { applyScript, readWhole } from './apply-script.ts';
import type { Giving } from '../../parameters/parameter.ts';

type Apply = DestructiveRun<Giving<{ SQL: string; TRANSACTION: boolean }>>;

const how = ({ values }: Apply): Parameters<typeof readWhole>[1] => ({
  oneTransaction: values.TRANSACTION,
  parameter: 'SQL',
});

/** `db-apply-env` before the countdown. @throws ConfigurationError with what is wrong in the file */
export async function checkApply(run: Apply): Promise<void> {
  await readWhole(run.values.SQL, how(run));
}

/** `db-apply-env`: runs a file of SQL in the existing database. */
export async function apply(run: Apply): Promise<void> {
  await applyScript(run, await readWhole(run.values.SQL, how(run)), how(run));
}
