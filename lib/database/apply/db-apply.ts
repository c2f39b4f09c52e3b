import type { DestructiveRun } from '../../run/run.ts';
import { applyScript, readWhole } from './apply-script.ts';
import type { Giving } from '../../parameters/parameter.ts';

type Apply = DestructiveRun<Giving<{ SQL: string; TRANSACTION: boolean }>>;

const how = ({ values }: Apply): Parameters<typeof readWhole>[1] => ({
  oneTransaction: values.TRANSACTION,
  parameter: 'SQL',
});

/** `db-apply-env` before anyone waits. @throws ConfigurationError saying what is wrong with the file */
export async function checkApply(run: Apply): Promise<void> {
  await readWhole(run.values.SQL, how(run));
}

/** `db-apply-env`: runs a file in the database that is there. */
export async function apply(run: Apply): Promise<void> {
  await applyScript(run, await readWhole(run.values.SQL, how(run)), how(run));
}
