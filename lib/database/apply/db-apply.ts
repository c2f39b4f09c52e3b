import type { DestructiveRun } from '../../run/run.ts';
import { applyScript, readWhole } from './apply-script.ts';

const how = ({ values }: DestructiveRun): Parameters<typeof readWhole>[1] => ({
  oneTransaction: values['TRANSACTION'] as boolean,
  parameter: 'SQL',
});

/** `db-apply-env` before anyone waits. @throws ConfigurationError saying what is wrong with the file */
export async function checkApply(run: DestructiveRun): Promise<void> {
  await readWhole(run.values['SQL'] as string, how(run));
}

/** `db-apply-env`: runs a file in the database that is there. */
export async function apply(run: DestructiveRun): Promise<void> {
  await applyScript(run, await readWhole(run.values['SQL'] as string, how(run)), how(run));
}
