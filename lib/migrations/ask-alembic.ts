import { FailedError } from '../errors.ts';
import type { Heads } from '../stack/alembic/heads.ts';
import type { AlembicResult } from '../stack/alembic/run-alembic.ts';
import type { AlembicRun } from './alembic.ts';
import { parseFailure } from './failure.ts';

/** @throws FailedError if Alembic fails, for instance because the revision files cannot be read */
export const readHeads = async (run: AlembicRun): Promise<Heads> => (await askAlembic(run, 'heads')).heads!;

/** Asks Alembic something without showing its lines. @throws FailedError with its reason if it fails */
export async function askAlembic(run: AlembicRun, what: 'current' | 'heads'): Promise<AlembicResult> {
  const { stack, values, environment, command } = run;
  const result = await stack.alembic([what], {
    ini: values.ALEMBIC_INI,
    quiet: true,
  });
  const { status, stdout, stderr } = result;
  if (status === 0) return result;
  const reason = parseFailure(stdout + stderr)?.message ?? stderr.trim().split('\n').at(-1);
  throw new FailedError(`alembic ${what} of ${environment.name} failed (status ${status}): ${reason}`, {
    hint: command(what === 'heads' ? 'al-heads-env' : 'al-cur-env', { ENV: environment.name }),
  });
}
